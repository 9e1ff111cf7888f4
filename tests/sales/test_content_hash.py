"""Content hash of a quote: the same offer has the same hash, any other has another."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from sales.models import Quote, QuoteLine
from sales.services.documents.content_hash import content_hash


def hashed(*lines: QuoteLine, **head: Any) -> str:
    """Hash a quote over 120.00 euros with its lines, by default one machine."""
    offered = {"currency": "EUR", "total": Decimal(120), "freight": Decimal(0), **head}
    return content_hash(Quote(**offered), lines or [line()])


def line(**fields: Any) -> QuoteLine:
    """A machine for 100.00."""
    offered = {"description": "Machine", "quantity": Decimal(1), "unit_price": Decimal(100)}
    return QuoteLine(**(offered | fields))


def test_is_the_same_for_equal_figures_however_they_are_written() -> None:
    stored = line(quantity=Decimal("1.00000"), unit_price=Decimal("1E+2"))

    assert hashed(stored, total=Decimal("120.00000")) == hashed()


@pytest.mark.parametrize(
    "head",
    [
        {"currency": "CHF"},
        {"total": Decimal("120.01")},
        {"freight": Decimal(5)},
        {"discount_rate": Decimal("0.1")},
        {"valid_until": dt.date(2026, 11, 30)},
        {"prices_include_tax": True},
        {"rounding": "half_even"},
        {"discount_method": "per_unit"},
    ],
)
def test_changes_with_what_is_offered_for_the_whole(head: dict[str, Any]) -> None:
    assert hashed(**head) != hashed()


@pytest.mark.parametrize(
    "fields",
    [
        {"description": "Grinder"},
        {"quantity": Decimal(2)},
        {"unit_price": Decimal("100.01")},
        {"unit_price": None},
        {"discount_amount": Decimal(1)},
        {"is_optional": True},
        {"tax_rate": Decimal("0.055")},
        {"price_quantity": Decimal(100)},
    ],
)
def test_changes_with_what_is_offered_on_a_line(fields: dict[str, Any]) -> None:
    assert hashed(line(**fields)) != hashed()


def test_changes_with_what_an_own_column_of_quotes_offers(monkeypatch: pytest.MonkeyPatch) -> None:
    before = hashed()
    monkeypatch.setattr(Quote, "own_columns", (*Quote.own_columns, "valid_from", "notes"))

    assert hashed() == before
    assert hashed(valid_from=dt.date(2026, 12, 1)) != before
    assert hashed(notes="Delivered to the third floor") != before


def test_changes_with_the_order_of_the_lines() -> None:
    machine, grinder = line(), line(description="Grinder")

    assert hashed(machine, grinder) != hashed(grinder, machine)


def test_stays_when_something_else_is_edited() -> None:
    assert hashed(name="Refit", notes="Call first", customer_reference="PO 7") == hashed()


def test_a_price_for_one_has_the_hash_that_it_had_before_prices_could_be_for_more() -> None:
    machine = line(price_quantity=Decimal("1.00000"))
    before = "cac420472a65285c66a24e372bd56bf9c2b8f3a76f229cc251bbeb598dc1545f"

    assert hashed(machine, rounding="half_up", discount_method="whole_line") == before
    assert hashed(machine) == before
