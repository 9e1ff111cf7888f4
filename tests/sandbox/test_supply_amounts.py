"""The arithmetic of the supply-chain system, which is not Throughline's."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from sandbox.supply.amounts import (
    Currencies,
    LineTerms,
    TaxTerms,
    left_after,
    line_amount,
    line_tax,
    part_of,
    round_half_up,
)


def terms(price: str, **values: str) -> LineTerms:
    return LineTerms(Decimal(price), **{name: Decimal(text) for name, text in values.items()})


def test_computes_the_example_of_the_training_module() -> None:
    line = terms("20.00", discount="3.33", charge="-0.01")

    assert line_amount(Decimal(3), line, 2) == Decimal("50.00")  # 3 × 20.00 less 10.00


@pytest.mark.parametrize(
    ("quantity", "line", "digits", "amount"),
    [
        ("3", terms("19.99"), 2, "59.97"),
        ("6", terms("20.00", discount="3.33", charge="-0.01"), 2, "100.01"),
        ("3000", terms("20.00", charge="-10.00"), 2, "59990.00"),
        ("300", terms("20.00", price_unit="100", discount="3.33", charge="-0.01"), 2, "50.00"),
        ("10", terms("25.20", discount_percent="19.05"), 2, "203.99"),
        ("2", terms("48.00", discount_percent="20", charge="5.00"), 2, "81.80"),
        ("7", terms("20.000", discount="4.762", charge="-0.001"), 3, "106.665"),
        ("7", terms("20", discount="14", charge="-2"), 0, "40"),
        ("0.5", terms("0.01"), 2, "0.01"),
        ("-0.5", terms("0.01"), 2, "-0.01"),
        ("0", terms("20.00", discount="3.33", charge="-0.01"), 2, "-0.01"),
    ],
)
def test_rounds_a_line_once_at_its_end(
    quantity: str, line: LineTerms, digits: int, amount: str
) -> None:
    assert str(line_amount(Decimal(quantity), line, digits)) == amount


def test_rounds_nothing_before_the_end() -> None:
    third = terms("1", price_unit="3", discount_percent="50")

    assert line_amount(Decimal(3), third, 2) == Decimal("0.50")
    assert line_amount(Decimal("0.03"), third, 2) == Decimal("0.01")  # 0.005: half goes up


@pytest.mark.parametrize(
    ("value", "digits", "rounded"),
    [("2.345", 2, "2.35"), ("-2.345", 2, "-2.35"), ("2.5", 0, "3"), ("-0.4", 0, "0")],
)
def test_rounds_half_away_from_zero(value: str, digits: int, rounded: str) -> None:
    assert round_half_up(Fraction(value), digits) == Decimal(rounded)


def test_taxes_what_the_header_discount_leaves() -> None:
    share = left_after(Decimal("10.00"), Decimal("100.00"))

    before = line_tax(Decimal("50.00"), Decimal("0.19"), TaxTerms(share, is_included=False), 2)
    inside = line_tax(Decimal("119.00"), Decimal("0.19"), TaxTerms(Fraction(1), True), 2)

    assert before == Decimal("8.55")
    assert inside == Decimal("19.00")
    assert left_after(Decimal("10.00"), Decimal(0)) == 1


def test_divides_a_total_so_that_its_parts_add_up() -> None:
    after = [part_of(Decimal("10.00"), Decimal(n), Decimal(3), 2) for n in (1, 2, 3)]

    assert after == [Decimal("3.33"), Decimal("6.67"), Decimal("10.00")]
    assert part_of(Decimal("10.00"), Decimal(0), Decimal(0), 2) == Decimal("10.00")


def test_has_two_decimals_unless_it_is_set_up_otherwise() -> None:
    currencies = Currencies({"JPY": 0})

    assert [currencies.digits_of(code) for code in ("EUR", "JPY", "jpy", "BHD")] == [2, 0, 0, 2]
