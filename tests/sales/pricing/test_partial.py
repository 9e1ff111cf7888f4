from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sales.pricing.documents import LineInput, price_document
from sales.pricing.errors import (
    InvalidQuantity,
    PricingError,
    QuantityExceedsOpen,
)
from sales.pricing.lines import is_part_of
from sales.pricing.money import Rounding, from_units, round_money, to_units
from sales.pricing.partial import (
    Amounts,
    Portion,
    credit_part,
    freight_part,
    next_part,
)
from tests.sales.pricing.strategies import CURRENCIES, documents

ROUNDINGS = st.sampled_from(list(Rounding))


@st.composite
def ordered_lines(draw: st.DrawFn) -> tuple[Portion, str]:
    """Draw an order line: small amounts over many units are the hard ones."""
    currency = draw(CURRENCIES)
    units = st.one_of(st.integers(0, 20), st.integers(0, 10_000_000))
    figures = [from_units(draw(units), currency) for _ in range(5)]
    quantity = draw(st.one_of(st.integers(1, 30).map(Decimal), st.decimals(1, 1000, places=3)))
    whole = Amounts(*figures)
    most = to_units(whole.base, currency)
    charge = draw(st.one_of(st.just(0), st.just(most), st.integers(0, most)))
    portion = Portion(quantity, replace(whole, charge=from_units(charge, currency)))
    return (Portion() - portion if draw(st.booleans()) else portion), currency


def draw_quantity(data: st.DataObject, left: Decimal) -> Decimal:
    """Take some, or all, of what is left."""
    part = data.draw(st.integers(1, 8))
    quantity = (left * part / 8).quantize(Decimal("0.001"))
    return quantity if 0 < abs(quantity) < abs(left) else left


def has_the_sign_of(part: Amounts, whole: Amounts, sign: int) -> bool:
    """Say whether every figure of a part goes the way the whole goes."""
    own = (*part.figures, part.net, part.base, part.gross)
    return all(figure * sign >= 0 for figure in own) and whole.base * sign >= 0


@settings(max_examples=150)
@given(ordered_lines(), ROUNDINGS, st.data())
def test_any_split_sums_to_the_order_to_the_cent(
    drawn: tuple[Portion, str], rounding: Rounding, data: st.DataObject
) -> None:
    ordered, currency = drawn
    sign = 1 if ordered.quantity > 0 else -1
    billed = Portion()

    while billed.quantity != ordered.quantity:
        quantity = draw_quantity(data, ordered.quantity - billed.quantity)
        part = next_part(ordered, billed, quantity, currency=currency, rounding=rounding)
        assert has_the_sign_of(part.amounts, ordered.amounts, sign)
        billed += part

    assert billed == ordered


@settings(max_examples=150)
@given(ordered_lines(), ROUNDINGS, st.data())
def test_any_invoices_and_credits_sum_to_the_order_once_all_is_billed_again(
    drawn: tuple[Portion, str], rounding: Rounding, data: st.DataObject
) -> None:
    ordered, currency = drawn
    sign = 1 if ordered.quantity > 0 else -1
    rule: dict[str, Any] = {"currency": currency, "rounding": rounding}
    invoices: list[list[Portion]] = []  # each with its credits, as positive figures
    billed = Portion()

    for _ in range(data.draw(st.integers(0, 8))):
        creditable = [one for one in invoices if one[0].quantity != one[1].quantity]
        to_credit: bool = data.draw(st.booleans())
        if creditable and to_credit:
            invoice: list[Portion] = data.draw(st.sampled_from(creditable))
            quantity = draw_quantity(data, invoice[0].quantity - invoice[1].quantity)
            credit = credit_part(invoice[0], invoice[1], quantity, **rule)
            assert has_the_sign_of(credit.amounts, -ordered.amounts, -sign)
            invoice[1] -= credit
            billed += credit
        elif billed.quantity != ordered.quantity:
            quantity = draw_quantity(data, ordered.quantity - billed.quantity)
            part = next_part(ordered, billed, quantity, **rule)
            assert has_the_sign_of(part.amounts, ordered.amounts, sign)
            invoices.append([part, Portion()])
            billed += part
    if billed.quantity != ordered.quantity:
        billed += next_part(ordered, billed, ordered.quantity - billed.quantity, **rule)

    assert billed == ordered


@settings(max_examples=150)
@given(ordered_lines(), st.integers(0, 8), ROUNDINGS, st.data())
def test_promotions_are_part_of_the_discount_of_each_part_and_credit(
    drawn: tuple[Portion, str], eighths: int, rounding: Rounding, data: st.DataObject
) -> None:
    (whole, currency), billed = drawn, Portion()
    promotion = round_money(whole.amounts.discount * eighths / 8, currency, rounding)
    ordered = replace(whole, amounts=replace(whole.amounts, promotion=promotion))
    rule: dict[str, Any] = {"currency": currency, "rounding": rounding}

    while billed.quantity != ordered.quantity:
        quantity = draw_quantity(data, ordered.quantity - billed.quantity)
        part = next_part(ordered, billed, quantity, **rule)
        credit = credit_part(part, Portion(), draw_quantity(data, quantity), **rule)
        for each in (part, credit, part + credit):
            assert is_part_of(each.amounts.promotion, each.amounts.discount)
        bills_again = data.draw(st.booleans()) and credit.quantity != -part.quantity
        billed += part + credit if bills_again else part

    assert billed == ordered


def test_moves_a_cent_of_the_promotion_to_the_part_whose_discount_has_it() -> None:
    discounts = Amounts(Decimal("9.95"), discount=Decimal("0.05"), promotion=Decimal("0.04"))
    ordered, billed, shown = Portion(Decimal(3), discounts), Portion(), []

    for _ in range(3):
        part = next_part(ordered, billed, Decimal(1), currency="EUR")
        shown.append((str(part.amounts.discount), str(part.amounts.promotion)))
        billed += part

    assert shown == [("0.02", "0.01"), ("0.01", "0.01"), ("0.02", "0.02")]
    assert billed == ordered


def test_leaves_promotions_that_include_tax_above_the_discount_before_tax() -> None:
    discounts = Amounts(Decimal("84.03"), discount=Decimal("8.40"), promotion=Decimal("10.00"))

    part = next_part(Portion(Decimal(2), discounts), Portion(), Decimal(1), currency="EUR")

    assert (part.amounts.discount, part.amounts.promotion) == (Decimal("4.20"), Decimal("5.00"))


@settings(max_examples=75)
@given(documents(), st.data())
def test_a_whole_document_billed_in_parts_comes_to_its_total(
    drawn: tuple[list[LineInput], dict[str, Any]], data: st.DataObject
) -> None:
    lines, terms = drawn
    document = price_document(lines, **terms)
    gross = Decimal(0)

    for source, priced in zip(lines, document.lines, strict=True):
        if not source.counts or not source.quantity:
            continue
        ordered, billed = Portion(source.quantity, Amounts.of(priced)), Portion()
        while billed.quantity != ordered.quantity:
            quantity = draw_quantity(data, ordered.quantity - billed.quantity)
            billed += next_part(ordered, billed, quantity, currency=terms["currency"])
        gross += billed.amounts.taxable + billed.amounts.tax

    assert gross + document.totals.freight == document.totals.total


@pytest.mark.parametrize(
    ("quantity", "error", "sentence"),
    [
        ("0", InvalidQuantity, "Give a quantity above zero."),
        ("-1", InvalidQuantity, "Give a quantity above zero."),
        ("NaN", InvalidQuantity, "Give a quantity above zero."),
        (
            "3.00001",
            QuantityExceedsOpen,
            "Only 3 of this line are open: enter at most 3 instead of 3.00001.",
        ),
    ],
)
def test_refuses_to_bill_nothing_or_more_than_is_left(
    quantity: str, error: type[PricingError], sentence: str
) -> None:
    ordered = Portion(Decimal(5), Amounts(taxable=Decimal("10.00")))
    billed = Portion(Decimal(2), Amounts(taxable=Decimal("4.00")))

    with pytest.raises(error) as refusal:
        next_part(ordered, billed, Decimal(quantity), currency="EUR", line="7")

    assert (str(refusal.value), refusal.value.line) == (sentence, "7")


def test_credits_exactly_what_the_invoice_charged() -> None:
    ordered = Portion(Decimal(3), Amounts(taxable=Decimal("10.00"), tax=Decimal("1.90")))
    first = next_part(ordered, Portion(), Decimal(1), currency="EUR")
    second = next_part(ordered, first, Decimal(1), currency="EUR")

    credit = credit_part(second, Portion(), Decimal(1), currency="EUR")

    assert second.amounts.net == Decimal("3.34")
    assert credit == Portion() - second


def test_refuses_to_credit_more_than_was_invoiced() -> None:
    invoiced = Portion(Decimal(2), Amounts(taxable=Decimal("4.00")))
    credited = credit_part(invoiced, Portion(), Decimal(1), currency="EUR")

    with pytest.raises(QuantityExceedsOpen):
        credit_part(invoiced, Portion() - credited, Decimal(2), currency="EUR")


def test_waits_at_nothing_rather_than_going_back() -> None:
    """Crediting the parts that cost nothing leaves more billed than three units are worth."""
    ordered = Portion(Decimal(6), Amounts(taxable=Decimal(3)))
    billed = Portion(Decimal(3), Amounts(taxable=Decimal(3)))

    part = next_part(ordered, billed, Decimal(1), currency="JPY")

    assert part.amounts.taxable == 0


def test_brings_an_order_down_that_was_changed_after_billing() -> None:
    changed = Portion(Decimal(4), Amounts(taxable=Decimal("30.00")))
    billed = Portion(Decimal(3), Amounts(taxable=Decimal("32.00")))

    part = next_part(changed, billed, Decimal(1), currency="EUR")

    assert part.amounts.taxable == Decimal("-2.00")


@given(CURRENCIES, st.integers(0, 10_000), st.lists(st.integers(1, 1000), max_size=6), ROUNDINGS)
def test_freight_rides_along_and_arrives_whole(
    currency: str, units: int, bills: list[int], rounding: Rounding
) -> None:
    freight, carried, billed = from_units(units, currency), Decimal(0), Decimal(0)

    for bill in [*bills, 3000]:
        billed = min(billed + bill, Decimal(3000))
        part = freight_part(
            freight,
            carried,
            billed=billed,
            ordered=Decimal(3000),
            currency=currency,
            rounding=rounding,
        )
        assert part >= 0
        carried += part

    assert carried == freight


def test_the_first_invoice_carries_the_freight_of_what_costs_nothing() -> None:
    freight, nothing = Decimal("4.90"), Decimal(0)

    first = freight_part(freight, nothing, billed=nothing, ordered=nothing, currency="EUR")
    second = freight_part(freight, first, billed=nothing, ordered=nothing, currency="EUR")

    assert (first, second) == (freight, nothing)
