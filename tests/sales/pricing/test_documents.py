from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sales.pricing.documents import (
    LineInput,
    Terms,
    line_amounts,
    price_document,
)
from sales.pricing.errors import (
    ConflictingFields,
    DuplicateLine,
    InvalidAmount,
    InvalidDiscount,
    InvalidQuantity,
    InvalidRate,
    NotForThisLine,
    PricingError,
    UnknownCurrency,
)
from sales.pricing.explanations import explain_document
from sales.pricing.money import Rounding


def line(key: str = "1", **typed: Any) -> LineInput:
    """Make a line of one piece at 100.00 with 20 % tax, unless said otherwise."""
    figures: dict[str, Any] = {"quantity": 1, "unit_price": 100, "tax_rate": "0.2"} | typed
    typed = {
        name: value if value is None or isinstance(value, bool) else Decimal(value)
        for name, value in figures.items()
    }
    return LineInput(key, **typed)


def test_prices_an_empty_document_at_nothing() -> None:
    document = price_document([], currency="EUR", freight=Decimal("4.90"))

    assert document.lines == ()
    assert str(document.totals.total) == "4.90"
    assert document.problems == ()


def test_leaves_out_what_does_not_count() -> None:
    lines = [line("1"), line("2", counts=False, tax_rate=None, discount_amount=999)]

    document = price_document(lines, currency="EUR", discount_amount=Decimal(10))

    assert [str(priced.gross) for priced in document.lines] == ["118.00", "0.00"]
    assert document.totals.total == Decimal("108.00")
    assert document.problems == ()


def test_prices_a_line_without_tax_rate_at_no_tax_and_names_it() -> None:
    document = price_document([line("1", tax_rate=None), line("2")], currency="EUR")

    assert [priced.tax for priced in document.lines] == [0, 20]
    assert [group.rate for group in document.totals.tax_groups] == [Decimal("0.2")]
    assert [(problem.code, problem.line) for problem in document.problems] == [("no_tax_rate", "1")]


def test_takes_a_zero_rate_for_what_it_is() -> None:
    document = price_document([line(tax_rate=0)], currency="EUR")

    assert document.problems == ()
    assert document.totals.tax_groups[0].taxable == 100


def test_puts_rates_that_are_written_differently_into_one_group() -> None:
    lines = [
        line("1", unit_price="0.02", tax_rate="0.2"),
        line("2", unit_price="0.02", tax_rate="0.200000"),
    ]

    document = price_document(lines, currency="EUR")

    assert [(group.taxable, group.tax) for group in document.totals.tax_groups] == [
        (Decimal("0.04"), Decimal("0.01"))
    ]


def test_takes_a_promotion_off_on_top_of_the_typed_discount() -> None:
    document = price_document(
        [line(discount_rate="0.1", promotion_discount="5.00")], currency="EUR"
    )

    assert document.lines[0].discount == Decimal("15.00")
    assert document.totals.total == Decimal("102.00")


def test_taxes_a_sale_and_its_return_at_the_same_rate() -> None:
    lines = [line("1", unit_price="99.99"), line("2", quantity=-1, unit_price="99.99")]

    document = price_document(lines, currency="EUR")

    assert [priced.tax for priced in document.lines] == [Decimal("20.00"), Decimal("-20.00")]
    assert document.totals.total == 0


def test_spreads_the_discount_on_everything_over_what_is_sold_and_not_over_a_deduction() -> None:
    trade_in = line("2", unit_price="-300.00", is_deduction=True)
    lines = [line("1", unit_price="900.00"), trade_in, line("3", tax_rate="0.07")]

    document = price_document(
        lines, currency="EUR", discount_amount=Decimal(50), discount_rate=Decimal("0.1")
    )

    assert [priced.header_discount for priced in document.lines] == [135, 0, 15]
    assert [priced.net for priced in document.lines] == [900, -300, 100]
    assert [(group.rate, group.taxable, group.tax) for group in document.totals.tax_groups] == [
        (Decimal("0.07"), Decimal("85.00"), Decimal("5.95")),
        (Decimal("0.2"), Decimal("465.00"), Decimal("93.00")),
    ]
    assert document.totals.discount == Decimal("150.00")
    assert document.totals.total == Decimal("648.95")


def test_takes_the_header_discount_off_what_is_sold_however_much_is_deducted() -> None:
    lines = [line("1"), line("2", unit_price="-90.00", is_deduction=True)]

    document = price_document(lines, currency="EUR", discount_amount=Decimal(100))

    assert [priced.header_discount for priced in document.lines] == [100, 0]
    assert document.totals.total == Decimal("-108.00")  # a draft: it is refused when it is issued
    with pytest.raises(InvalidDiscount):
        price_document(lines, currency="EUR", discount_amount=Decimal("100.01"))


@pytest.mark.parametrize(
    "typed", [{"discount_rate": "0.1"}, {"discount_amount": "-1"}, {"promotion_discount": "-1"}]
)
def test_takes_no_discount_off_a_deduction(typed: dict[str, str]) -> None:
    with pytest.raises(NotForThisLine) as refused:
        price_document([line(unit_price=-100, is_deduction=True, **typed)], currency="EUR")
    assert refused.value.line == "1"


def test_keeps_every_digit_of_the_largest_figures() -> None:
    document = price_document(
        [line(quantity="99999.99999", unit_price="9999999999.99999", tax_rate=0)], currency="EUR"
    )

    assert str(document.lines[0].base) == "999999999899999.00"


@pytest.mark.parametrize("rounding", ["half_even", Rounding.HALF_EVEN])
def test_rounds_by_the_document_s_own_rule(rounding: Rounding) -> None:
    document = price_document([line(unit_price="0.125")], currency="EUR", rounding=rounding)

    assert document.lines[0].base == Decimal("0.12")


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"discount_amount": "100.01"}, InvalidDiscount),
        ({"discount_amount": "-0.01"}, InvalidDiscount),
        ({"quantity": -1, "discount_amount": "1.00"}, InvalidDiscount),
        ({"discount_amount": "1.00", "discount_rate": "0.1"}, ConflictingFields),
        ({"discount_rate": "1.0001"}, InvalidDiscount),
        ({"discount_rate": "-0.1"}, InvalidDiscount),
        ({"discount_rate": "NaN"}, InvalidDiscount),
        ({"promotion_discount": "100.01"}, InvalidDiscount),
        ({"volume_discount": "100.01"}, InvalidDiscount),
        ({"volume_discount": "-1"}, InvalidDiscount),
        ({"quantity": 0, "discount_amount": "1.00"}, InvalidDiscount),
        ({"discount_amount": "NaN"}, InvalidAmount),
        ({"quantity": "NaN"}, InvalidQuantity),
        ({"quantity": 0, "unit_price": "Infinity"}, InvalidAmount),
        ({"volume_discount": "NaN"}, InvalidDiscount),
        ({"quantity": "1000000000000", "unit_price": "1000"}, InvalidAmount),
        ({"price_quantity": 0}, InvalidQuantity),
        ({"price_quantity": "-100"}, InvalidQuantity),
        ({"price_quantity": "NaN"}, InvalidQuantity),
        ({"price_quantity": "Infinity"}, InvalidQuantity),
        ({"price_quantity": "1000000.00001"}, InvalidQuantity),
        ({"price_quantity": "0.000001"}, InvalidQuantity),
        ({"tax_rate": "-0.01"}, InvalidRate),
        ({"tax_rate": "NaN"}, InvalidRate),
    ],
)
def test_refuses_a_line_by_name(typed: dict[str, Any], error: type[PricingError]) -> None:
    lines = [line("good"), line("bad", **typed)]

    with pytest.raises(error) as refusal:
        price_document(lines, currency="EUR")

    assert refusal.value.line == "bad"
    assert str(refusal.value)


@pytest.mark.parametrize(
    ("header", "error"),
    [
        ({"discount_amount": "100.01"}, InvalidDiscount),
        ({"discount_amount": "-0.01"}, InvalidDiscount),
        ({"discount_amount": "60", "discount_rate": "0.5"}, InvalidDiscount),
        ({"discount_rate": "1.1"}, InvalidDiscount),
        ({"freight": "NaN"}, InvalidAmount),
        ({"freight": "999999999999999"}, InvalidAmount),
    ],
)
def test_refuses_a_header_by_name(header: dict[str, str], error: type[PricingError]) -> None:
    figures: dict[str, Any] = {name: Decimal(value) for name, value in header.items()}

    with pytest.raises(error) as refusal:
        price_document([line()], currency="EUR", **figures)

    assert refusal.value.line is None


def test_refuses_two_lines_of_one_name() -> None:
    with pytest.raises(DuplicateLine):
        price_document([line("1"), line("1")], currency="EUR")


def test_refuses_a_currency_it_does_not_know() -> None:
    with pytest.raises(UnknownCurrency):
        price_document([line()], currency="XXX")  # ISO 4217: no currency


def test_allows_a_discount_of_everything() -> None:
    document = price_document(
        [line("1", discount_rate=1), line("2")], currency="EUR", discount_rate=Decimal(1)
    )

    assert document.totals.total == 0
    assert document.totals.discount == 100


def test_gives_the_amounts_a_promotion_is_worked_out_on() -> None:
    lines = [line("1", discount_rate="0.1"), line("2", counts=False)]

    assert line_amounts(lines, Terms("EUR", prices_include_tax=True)) == {"1": Decimal("90.00")}


def test_explains_a_line_by_formula_and_values() -> None:
    document = price_document(
        [line(quantity=3, volume_discount=5, discount_rate="0.1"), line("2", counts=False)],
        currency="EUR",
        discount_amount=Decimal("6.50"),
    )

    explanation = explain_document(document)

    assert [(step.label, step.formula, str(step.result)) for step in explanation.lines["1"]] == [
        ("base", "quantity × (unit price − volume discount)", "285.00"),
        ("discount", "base × discount rate", "28.50"),
        ("net", "base − discount", "256.50"),
        ("header discount", "header amount × net ÷ detail", "6.50"),
        ("taxable", "net − header discount", "250.00"),
        ("tax", "taxable × tax rate", "50.00"),
        ("gross", "net + tax", "306.50"),
    ]
    assert explanation.lines["2"] == ()
    assert [(step.label, str(step.result)) for step in explanation.totals] == [
        ("detail", "256.50"),
        ("discount", "6.50"),
        ("pre-freight", "250.00"),
        ("tax at 20 %", "50.00"),
        ("tax", "50.00"),
        ("total", "300.00"),
    ]


def test_explains_that_a_tax_rate_is_missing() -> None:
    explanation = explain_document(price_document([line(tax_rate=None)], currency="EUR"))

    assert [step.formula for step in explanation.lines["1"] if step.label == "tax"] == [
        "not known yet"
    ]
