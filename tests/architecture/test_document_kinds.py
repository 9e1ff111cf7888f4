"""Document kinds: no table of a layer leaves one out, and no other code tells them apart."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from api.schemas import DOCUMENTS
from crm.models import CustomField
from crm.roles import READS_ONLY, ROLES, is_granted
from sales.models.document_kinds import DOCUMENT_KINDS, DocumentKind
from sales.services.integrity.price_checks import PRICED_AS_A_WHOLE
from tests.architecture.sources import TREES, functions, is_served
from web.pages.document_kinds import STYLES
from web.views.documents import VIEWS

KINDS = {kind.name for kind in DOCUMENT_KINDS}

WORDS = {
    word: kind.name
    for kind in DOCUMENT_KINDS
    for word in (
        *(kind.name, kind.name.upper(), kind.url_word),
        *(kind.model.__name__, kind.line_model.__name__),
    )
}
"""The words by which code names a kind of document."""

TELL_APART = {
    "sales/models/document_kinds.py": "the record of each kind",
    "fulfilment/monitoring/integration_log.py": "an order is shown with its invoices",
    "api/schemas.py": "a table of all kinds, which a test below holds complete",
    "sales/services/integrity/price_checks.py": "a table of all kinds, held complete too",
    "web/pages/document_kinds.py": "a table of all kinds, held complete too",
    "web/views/documents.py": "a table of all kinds, held complete too",
    "sales/services/documents/readiness.py": "one rule of quotes alone, another of orders alone",
    "sales/services/integrity/billing_checks.py": "what is agreed, not billed: an SQL of its own",
    "sales/services/integrity/checks.py": "which kind comes from which, by which column",
    "sales/services/integrity/ledger_checks.py": "orders by their invoices, not both alike",
}
"""Modules that tell kinds of document apart, each with why the record of the kind cannot."""


def rights_missing(role: str, kind: DocumentKind) -> list[str]:
    """The rights on documents of a kind, and on their lines, that a role does not have."""
    actions = ("view",) if role in READS_ONLY else ("add", "change", "delete", "view")
    wanted = [
        f"{action}_{model._meta.model_name}"
        for action in actions
        for model in (kind.model, kind.line_model)
    ]
    return [right for right in wanted if not is_granted(role, "sales", right)]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", DOCUMENT_KINDS, ids=lambda kind: kind.name)
def test_every_role_has_rights_on_each_kind_of_document(role: str, kind: DocumentKind) -> None:
    assert rights_missing(role, kind) == []


def test_the_pages_show_each_kind_of_document() -> None:
    assert set(VIEWS) == {kind.model for kind in DOCUMENT_KINDS}


def test_lists_and_menus_show_each_kind_of_document() -> None:
    assert set(STYLES) == set(DOCUMENT_KINDS)


def test_the_api_describes_each_kind_of_document() -> None:
    assert set(DOCUMENTS) == KINDS


def test_the_verification_checks_the_prices_of_each_kind_of_document() -> None:
    assert set(PRICED_AS_A_WHOLE) == KINDS


def test_custom_fields_can_be_added_to_each_kind_of_document() -> None:
    assert set(CustomField.RecordType.values) >= KINDS


def kind_in(node: ast.expr | None) -> str | None:
    """The kind of document that an expression names, or a pair whose first part names one."""
    match node:
        case ast.Constant(value=str(word)):
            return WORDS.get(word)
        case ast.Name(id=word) | ast.Attribute(attr=word) if not word.islower():
            return WORDS.get(word)
        case ast.Tuple(elts=[first, *_]) | ast.List(elts=[first, *_]):
            return kind_in(first)
    return None


def kinds_in(nodes: Iterator[ast.expr | None]) -> set[str]:
    """The kinds of document that expressions name, each of them one kind."""
    return {kind for node in nodes if (kind := kind_in(node))}


def written_otherwise(tree: ast.AST) -> set[ast.expr]:
    """Collections that tell nothing apart: ``__all__``, and the parameters of a sentence."""
    exported = (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
    )
    parameters = (
        node.right
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod)
    )
    return {*exported, *parameters}


def entries(node: ast.AST) -> Iterator[ast.expr | None]:
    """The keys of a dict, or what a tuple, list or set holds."""
    match node:
        case ast.Dict(keys=keys):
            yield from keys
        case ast.Tuple(elts=held) | ast.List(elts=held) | ast.Set(elts=held):
            yield from held


def collections_of_kinds(tree: ast.AST) -> Iterator[int]:
    """The lines of dicts, tuples, lists and sets of several kinds of document."""
    otherwise = written_otherwise(tree)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.expr)
            and node not in otherwise
            and len(kinds_in(entries(node))) > 1
        ):
            yield node.lineno


def questions(tree: ast.AST) -> Iterator[ast.expr | None]:
    """What code asks of a kind: whether something is of it or names it, and its rows."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, of]):
                yield of
            case ast.Compare(left=left, comparators=others):
                yield from (left, *others)
            case ast.MatchClass(cls=of) | ast.MatchValue(value=of):
                yield of
            case ast.Attribute(value=of, attr="objects" | "_default_manager"):
                yield of


def chains_of_kinds(tree: ast.AST) -> Iterator[int]:
    """The lines of functions that ask for several kinds of document, one by one."""
    for function in functions(tree):
        if len(kinds_in(questions(function))) > 1:
            yield function.lineno


def distinctions(tree: ast.AST) -> list[int]:
    """The lines on which a module tells kinds of document apart."""
    return sorted({*collections_of_kinds(tree), *chains_of_kinds(tree)})


def test_only_the_records_of_kinds_tell_them_apart() -> None:
    found = {
        name: lines
        for name, tree in TREES.items()
        if is_served(name) and (lines := distinctions(tree))
    }

    assert {name: lines for name, lines in found.items() if name not in TELL_APART} == {}
    assert TELL_APART.keys() - found.keys() == set()


@pytest.mark.parametrize(
    "source",
    [
        'STYLES = {"quote": 1, "invoice": 2}',
        "PAGES = {Order: orders, Invoice: invoices}",
        "MENU = [(Quote, 1), (Order, 2)]",
        "for model in (Order, Invoice): ...",
        "def page(it):\n if isinstance(it, Quote): ...\n elif isinstance(it, Order): ...",
        'def page(name):\n return 1 if name == "order" else 2 if "invoice" in name else 3',
        "def page(document):\n match document:\n  case Quote(): ...\n  case Order(): ...",
        "def search(text):\n return Quote.objects.all(), Order.objects.all()",
    ],
)
def test_finds_code_that_tells_kinds_apart(source: str) -> None:
    assert distinctions(ast.parse(source)) == [1]


@pytest.mark.parametrize(
    "source",
    [
        '__all__ = ["Quote", "Order"]',
        'gettext("%(order)s has %(invoice)s") % {"order": order, "invoice": invoice}',
        "def page(document: Quote | Order):\n return isinstance(document, Quote | Order)",
        "def page(document):\n return isinstance(document, Order) and Order.objects.count()",
        "def page(order, invoice):\n return order is not None and invoice is not None",
    ],
)
def test_leaves_code_alone_that_tells_none_apart(source: str) -> None:
    assert distinctions(ast.parse(source)) == []
