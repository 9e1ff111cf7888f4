"""Kinds of lines: what each may be."""

from __future__ import annotations

import pytest

from sales.models import DocumentLine, OrderLine
from sales.models.line_kinds import FACTS, LineKind, Sign, kinds_where

KINDS = {
    "product": (Sign.ABOVE, True, False, False, False, True),
    "write_in": (Sign.ABOVE, True, False, False, False, True),
    "deduction": (Sign.BELOW, False, True, False, False, True),
    "section": (Sign.NOTHING, False, False, True, False, False),
    "note": (Sign.NOTHING, False, False, True, False, False),
    "down_payment": (Sign.EITHER, False, False, False, True, True),
    "freight": (Sign.EITHER, False, False, False, True, False),
}
"""The sign of each kind; whether it is sold, a deduction, a text, asked ahead, and taxed."""


@pytest.mark.parametrize("kind", LineKind.values)
def test_every_kind_has_its_facts(kind: str) -> None:
    facts = FACTS[kind]
    line = OrderLine(kind=kind)

    sign, *others = KINDS[kind]
    assert facts.sign == sign
    assert [line.is_sold, line.is_deduction, line.is_text, line.is_ahead, line.is_taxed] == others
    assert line.counts is not facts.is_text
    assert line.is_shipped_goods is facts.is_sold
    assert OrderLine(kind=kind, is_optional=True, is_taken=False).counts is False


def test_every_kind_is_of_one_sort() -> None:
    sorts = (DocumentLine.TEXTS, DocumentLine.SOLD, DocumentLine.DEDUCTIONS, DocumentLine.AHEAD)
    assert sorted(kind for sort in sorts for kind in sort) == sorted(LineKind.values)
    assert kinds_where(lambda facts: facts.sign == Sign.BELOW) == DocumentLine.DEDUCTIONS


@pytest.mark.parametrize(
    ("is_optional", "is_taken", "is_included"),
    [(False, True, True), (False, False, True), (True, True, True), (True, False, False)],
)
def test_includes_options_that_are_taken(
    is_optional: bool, is_taken: bool, is_included: bool
) -> None:
    line = OrderLine(kind=LineKind.NOTE, is_optional=is_optional, is_taken=is_taken)

    assert line.is_included is is_included
    assert not line.counts
