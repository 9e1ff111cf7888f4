from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import iso4217
import moneyed
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.currencies import MINOR_UNITS
from sales.pricing.errors import InvalidAmount, UnknownCurrency
from sales.pricing.money import (
    Rounding,
    from_units,
    minor_units,
    round_money,
    to_units,
)

WITHDRAWN = {"ANG", "BGN", "CUC", "HRK", "SLL", "ZWL"}


def test_has_the_minor_units_of_iso_4217() -> None:
    official = {
        currency.code: currency.exponent
        for currency in iso4217.Currency
        if currency.exponent is not None
    }

    assert {code: MINOR_UNITS[code] for code in MINOR_UNITS.keys() - WITHDRAWN} == official


def test_agrees_with_py_moneyed_wherever_that_has_the_currency() -> None:
    known = MINOR_UNITS.keys() & moneyed.CURRENCIES.keys()

    assert {code: 10 ** MINOR_UNITS[code] for code in known} == {
        code: moneyed.CURRENCIES[code].sub_unit for code in known
    }
    assert MINOR_UNITS.keys() - known == {"XAD", "XCG", "ZWG"}


@pytest.mark.parametrize("code", ["XAU", "XXX", "EURO", "eur", ""])  # XXX: ISO 4217, but no money
def test_refuses_a_currency_without_a_smallest_unit(code: str) -> None:
    with pytest.raises(UnknownCurrency) as refusal:
        minor_units(code)

    assert refusal.value.code == "unknown_currency"
    with pytest.raises(UnknownCurrency):
        round_money(Decimal(1), code)


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "1E15", "-1000000000000000"])
def test_refuses_what_no_document_can_carry(amount: str) -> None:
    with pytest.raises(InvalidAmount):
        round_money(Decimal(amount), "EUR")


def test_refuses_an_amount_that_rounds_up_to_more_than_a_document_can_carry() -> None:
    with pytest.raises(InvalidAmount):
        round_money(Decimal("999999999999999.995"), "EUR")


def test_never_gives_a_negative_zero() -> None:
    assert str(round_money(Decimal("-0.001"), "EUR")) == "0.00"


def test_counts_smallest_units_and_back() -> None:
    assert to_units(Decimal("-12.34"), "EUR") == -1234
    assert str(from_units(-1234, "KWD")) == "-1.234"
    sentence = "Amounts in EUR have at most 2 decimals: enter 0.01 instead of 0.005."
    with pytest.raises(InvalidAmount, match=re.escape(sentence)):
        to_units(Decimal("0.005"), "EUR")


@given(
    st.decimals(-(10**14), 10**14, places=5),
    st.sampled_from(["JPY", "EUR", "KWD", "CLF"]),
    st.sampled_from(list(Rounding)),
)
def test_is_never_off_by_more_than_half_a_unit(
    amount: Decimal, currency: str, rounding: Rounding
) -> None:
    rounded = round_money(amount, currency, rounding)

    off = abs(Fraction(rounded) - Fraction(amount)) * 10 ** minor_units(currency)
    assert off <= Fraction(1, 2)
    if off == Fraction(1, 2) and rounding == Rounding.HALF_UP:
        assert abs(rounded) > abs(amount)
    if off == Fraction(1, 2) and rounding == Rounding.HALF_EVEN:
        assert to_units(rounded, currency) % 2 == 0
    assert round_money(-amount, currency, rounding) == -rounded
