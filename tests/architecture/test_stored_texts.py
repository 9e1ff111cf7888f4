"""Stored texts: what fulfilment keeps for people is a sentence, never a finished text."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from django.apps import apps

from fulfilment import errors
from tests.architecture.sources import TREES

STORED = {"cause", "detail", "last_failure", "resolution", "rule"}
"""The texts by their columns, and so by the names under which they are passed on."""

REFUSALS = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.HandoffError)
} | {"DataConflict", "InvalidMessage", "NotForThisConnection"}
"""Exceptions whose first argument is stored."""

MODULES = {
    name: tree
    for name, tree in TREES.items()
    if name.startswith(("fulfilment/connectors/", "fulfilment/inbound/", "fulfilment/outbound/"))
}


def texts(tree: ast.AST) -> Iterator[ast.expr]:
    """What a module assigns to a text that is stored, passes as one, or refuses with."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)], value=value):
                if name in STORED:
                    yield value
            case ast.keyword(arg=name, value=value):
                if name in STORED:
                    yield value
            case ast.Call(func=ast.Name(id=name), args=[first, *_]):
                if name in REFUSALS:
                    yield first


def is_finished(text: ast.expr) -> bool:
    """Whether a text is written in one language here: put together, or translated at once."""
    match text:
        case ast.Constant(value=value):
            return isinstance(value, str) and value != ""
        case ast.JoinedStr() | ast.BinOp(op=ast.Mod() | ast.Add()):
            return True
        case ast.Call(func=ast.Name(id="gettext" | "ngettext" | "pgettext")):
            return True
        case ast.IfExp(body=body, orelse=other):
            return is_finished(body) or is_finished(other)
        case ast.BoolOp(values=values):
            return any(map(is_finished, values))
    return False


def finished(tree: ast.AST) -> list[int]:
    return [text.lineno for text in texts(tree) if is_finished(text)]


def test_no_finished_text_is_stored() -> None:
    assert {name: found for name, tree in MODULES.items() if (found := finished(tree))} == {}


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        ("Attempt", {"detail"}),
        ("Discrepancy", {"ours", "resolution", "rule"}),
        ("Handoff", {"cause", "resolution"}),
        ("Health", {"last_failure"}),
        ("InboundMessage", {"detail", "resolution"}),
    ],
)
def test_each_has_a_column_for_its_values(model: str, columns: set[str]) -> None:
    fields = {field.name for field in apps.get_model("fulfilment", model)._meta.get_fields()}

    assert {name for name in fields if f"{name}_parameters" in fields} == columns
    assert fields & STORED <= columns


@pytest.mark.parametrize(
    "source",
    [
        'handoff.cause = f"{name} is busy."',
        'detail = gettext("%(name)s is busy.") % values',
        'Effect(record, has_changed=True, detail=gettext("It is late."))',
        'raise Refused(f"{name} refused")',
        'raise OutcomeUnknown("No answer.", status=502)',
        'DataConflict(verb + " by hand")',
        'cause = last.detail or f"{name} is busy."',
    ],
)
def test_recognises_a_finished_text(source: str) -> None:
    assert finished(ast.parse(source)) == [1]


@pytest.mark.parametrize(
    "source",
    [
        'detail = _("%(name)s is busy for %(seconds)s s.", seconds=f"{pause:.0f}")',
        'cause = ""',
        "handoff.cause = last.detail",
        'raise Refused(_("%(name)s refused: %(reason)s", name=name, reason=reason))',
        'IllegalTransition(gettext("It is settled."))',
    ],
)
def test_accepts_a_sentence(source: str) -> None:
    assert finished(ast.parse(source)) == []
