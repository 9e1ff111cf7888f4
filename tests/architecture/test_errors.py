"""Refusals: every code says what is wrong, is documented, and has a sentence that is translated."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from api.problems import status_of
from common.errors import DomainError
from tests.architecture.sources import ROOT, TREES

APPS = ("api/", "common/", "crm/", "fulfilment/", "sales/", "web/")
ROW = re.compile(r"^\| `(\w+)` \| (.+) \| (\d{3}) \|$", re.MULTILINE)
TRANSLATES = {"_", "gettext", "ngettext", "pgettext", "npgettext"}

SERVED = {name: tree for name, tree in TREES.items() if name.startswith(APPS)}


def kinds(base: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    """Every kind of refusal the code has, the bases too."""
    yield base
    for kind in base.__subclasses__():
        yield from kinds(kind)


def all_kinds() -> list[type[DomainError]]:
    """Import every module that may define a refusal, and list them."""
    for name in SERVED:
        importlib.import_module(name.removesuffix(".py").replace("/", "."))
    return [kind for kind in dict.fromkeys(kinds()) if not kind.__module__.startswith("tests.")]


KINDS = all_kinds()
RAISED = [kind for kind in KINDS if "code" in vars(kind)]
BASES = {kind.__name__ for kind in KINDS if "code" not in vars(kind)}
NAMES = {kind.__name__ for kind in KINDS} | {"ValidationError"}


def name_of(called: ast.expr) -> str:
    """The last part of what is called."""
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def is_untranslated(sentence: ast.expr) -> bool:
    """Whether a sentence has a part that no catalogue can hold."""
    match sentence:
        case ast.JoinedStr() | ast.Constant(value=str()):
            return True
        case ast.Call(func=func, args=args) if name_of(func) in TRANSLATES:
            return any(isinstance(arg, ast.JoinedStr | ast.BinOp) for arg in args)
    return any(map(is_untranslated, parts_of(sentence)))


def parts_of(sentence: ast.expr) -> list[ast.expr]:
    """The parts that a sentence is composed of, its named parameters aside."""
    match sentence:
        case ast.BinOp(left=left, op=ast.Mod()):
            return [left]
        case ast.BinOp(left=left, right=right):
            return [left, right]
        case ast.IfExp(body=body, orelse=orelse):
            return [body, orelse]
        case ast.Dict(values=values):
            return values
        case ast.Call(func=ast.Attribute(value=value, attr="format")):
            return [value]
    return []


def sentences(tree: ast.AST) -> Iterator[ast.expr]:
    """The sentence of every refusal that a module makes or rewords."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=func, args=[sentence, *_]) if name_of(func) in NAMES:
                yield sentence
            case ast.Assign(targets=[ast.Attribute(attr="message")], value=sentence):
                yield sentence
            case ast.keyword(arg="violation_error_message", value=sentence):
                yield sentence


def untranslated(tree: ast.AST) -> list[int]:
    """The lines on which a refusal has a sentence that is not translated."""
    return [found.lineno for found in sentences(tree) if is_untranslated(found)]


def test_every_code_is_in_the_table_with_its_meaning_and_status() -> None:
    page = (ROOT / "docs" / "errors.md").read_text()

    listed = [(code, meaning, int(status)) for code, meaning, status in ROW.findall(page)]

    defined = [
        (kind.code, (inspect.getdoc(kind) or "").partition("\n\n")[0].replace("\n", " "), status)
        for kind in RAISED
        for status in [status_of(kind)]
    ]
    assert listed == sorted(defined)


def test_no_two_kinds_share_a_code() -> None:
    counts = Counter(kind.code for kind in RAISED)

    assert [code for code, count in counts.items() if count > 1] == []


def test_a_base_is_never_raised_itself() -> None:
    offenders = [
        f"{name}:{node.lineno}"
        for name, tree in SERVED.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and name_of(node.func) in BASES
    ]

    assert {"DomainError", "PricingError"} <= BASES
    assert offenders == []


def test_every_sentence_of_a_refusal_can_be_translated() -> None:
    offenders = [f"{name}:{line}" for name, tree in SERVED.items() for line in untranslated(tree)]

    assert offenders == []


@pytest.mark.parametrize(
    "raised",
    [
        'MissingField("Say how many.")',
        'MissingField(f"{order} has no such line.")',
        'MissingField("%s has no such line." % order)',
        'MissingField("{} has no such line.".format(order))',
        'MissingField(gettext(f"{order} has no such line."))',
        'MissingField(gettext("Line %(number)d: ") + "say how many.")',
        'MissingField(gettext("Say why.") if why else "Say how many.")',
        'errors.MissingField("Say how many.", field="quantity")',
        'forms.ValidationError("Say how many.")',
        'ValidationError({"quantity": f"It is not {quantity}."})',
        'CheckConstraint(violation_error_message="Say how many.")',
    ],
)
def test_finds_a_sentence_that_cannot(raised: str) -> None:
    assert untranslated(ast.parse(f"raise {raised}")) == [1]


@pytest.mark.parametrize(
    "raised",
    [
        'MissingField(gettext("Say how many."), field="quantity")',
        'MissingField(gettext("%(order)s has no such line.") % {"order": order})',
        'MissingField(_("%(order)s has no such line.", order=order))',
        "MissingField(str(error))",
        'ValidationError({"quantity": gettext("Say how many.")})',
    ],
)
def test_accepts_a_sentence_that_can(raised: str) -> None:
    assert untranslated(ast.parse(f"raise {raised}")) == []
