"""Rates that people type: what is no fraction is refused, and shown as it was typed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sales.pricing.errors import InvalidDiscount, InvalidRate
from sales.pricing.rates import check_discount_rate, check_share, check_tax_rate


@pytest.mark.parametrize("rate", ["0", "0.055", "1"])
def test_takes_fractions(rate: str) -> None:
    check_discount_rate(Decimal(rate))
    check_tax_rate(Decimal(rate))


@pytest.mark.parametrize(
    ("rate", "shown"),
    [
        ("1.01", "A discount is between 0% and 100%, not 101%."),
        ("-0.01", "A discount is between 0% and 100%, not −1%."),
        ("1.0000001", "A discount is between 0% and 100%, not 100.00001%."),
        ("1E+9999999", "A discount is between 0% and 100%, not 1E+9999999."),
        ("NaN", "Give the discount as a number."),
        ("sNaN", "Give the discount as a number."),
        ("Infinity", "Give the discount as a number."),
    ],
)
def test_refuses_what_is_no_discount(rate: str, shown: str) -> None:
    with pytest.raises(InvalidDiscount) as refused:
        check_discount_rate(Decimal(rate), "discount")

    assert (str(refused.value), refused.value.field) == (shown, "discount")


def test_refuses_what_is_no_tax_rate() -> None:
    with pytest.raises(InvalidRate, match="A tax rate is between 0% and 100%, not 1,900%"):
        check_tax_rate(Decimal(19))
    with pytest.raises(InvalidRate, match="Give the tax rate as a number"):
        check_tax_rate(Decimal("NaN"))


@pytest.mark.parametrize("rate", ["0", "-0.1", "1.1", "NaN", "Infinity"])
def test_refuses_a_share_of_nothing_or_of_more_than_all(rate: str) -> None:
    with pytest.raises(InvalidRate, match="Give a percentage above 0 and up to 100"):
        check_share(Decimal(rate))


def test_takes_all_of_an_order_as_a_share() -> None:
    check_share(Decimal(1))
