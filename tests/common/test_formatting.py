from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.utils import translation

from common import formatting


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("18657.37", "EUR", "€18,657.37"),
        ("1234.5", "USD", "US$1,234.50"),
        ("1000", "JPY", "JP¥1,000"),
        ("1.2345", "KWD", "KWD\u00a01.235"),
        ("-401.29", "EUR", "−€401.29"),
        ("0", "ISK", "ISK\u00a00"),
        ("3", "UGX", "UGX\u00a03"),
    ],
)
def test_writes_money_with_the_digits_of_its_currency(
    amount: str, currency: str, written: str
) -> None:
    assert formatting.format_money(Decimal(amount), currency) == written


def test_writes_money_as_the_reader_does() -> None:
    with translation.override("de"):
        assert formatting.format_money(Decimal("18657.37"), "EUR") == "18.657,37\u00a0€"


@pytest.mark.parametrize(
    ("price", "written"),
    [("1490.00000", "€1,490.00"), ("0.01250", "€0.0125"), ("0.12345", "€0.12345")],
)
def test_keeps_the_decimals_a_unit_price_has(price: str, written: str) -> None:
    assert formatting.format_price(Decimal(price), "EUR") == written


@pytest.mark.parametrize(
    ("language", "units", "read", "typed"),
    [
        ("en", "1", "€12.50", "12.50"),
        ("en", "100", "€12.50 per 100", "12.50 / 100"),
        ("en", "1000.00000", "€12.50 per 1,000", "12.50 / 1000"),
        ("de", "2.5", "12,50\u00a0€ per 2,5", "12,50 / 2,5"),
    ],
)
def test_writes_how_many_units_a_price_is_for(
    language: str, units: str, read: str, typed: str
) -> None:
    price = Decimal("12.5"), "EUR", Decimal(units)
    with translation.override(language):
        assert (formatting.format_price(*price), formatting.plain_price(*price)) == (read, typed)


def test_writes_quantities_and_rates_without_trailing_zeros() -> None:
    assert formatting.format_quantity(Decimal("12.50000")) == "12.5"
    assert formatting.format_quantity(Decimal(1200)) == "1,200"
    assert formatting.format_rate(Decimal("0.055000")) == "5.5%"
    assert formatting.format_exact_rate(Decimal("1.0000001")) == "100.00001%"
    assert formatting.plain_number(Decimal("100.00000")) == "100"
    assert formatting.plain_number(Decimal(100)) == "100"


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-2, "2 days late"),
        (-1, "1 day late"),
        (0, "today"),
        (1, "tomorrow"),
        (7, "in 7 days"),
    ],
)
def test_says_how_a_day_stands_to_today(days: int, expected: str) -> None:
    today = dt.date(2026, 11, 22)
    assert formatting.format_due(today + dt.timedelta(days=days), today) == expected


def test_writes_what_is_missing_as_a_dash() -> None:
    assert formatting.format_money(None, "EUR") == "–"
    assert formatting.format_price(None, "EUR", Decimal(100)) == "–"
    assert formatting.plain_price(None, "EUR", Decimal(100)) == ""
    assert formatting.format_day(None) == "–"


@pytest.mark.parametrize("text", ["9" * 30, "9" * 30 + ".5", "1E+9999999", "-1E+61", "NaN", "sNaN"])
def test_writes_figures_that_no_document_holds(text: str) -> None:
    figure = Decimal(text)
    written = [
        formatting.format_money(figure, "EUR"),
        formatting.format_price(figure, "EUR"),
        formatting.format_quantity(figure),
        formatting.format_rate(figure),
        formatting.format_exact_rate(figure),
    ]
    if figure.is_finite() and figure.adjusted() < 60:
        assert {re.sub(r"\D", "", each.partition(".")[0])[:30] for each in written} == {"9" * 30}
    else:
        assert written == [text] * 5
