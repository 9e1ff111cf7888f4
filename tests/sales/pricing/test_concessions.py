"""Concessions: discounts against the reference price, in any currency and however typed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.pricing.concessions import (
    Concession,
    document_concession,
    line_concession,
    list_amount,
    list_discount,
    rate_on_everything,
)
from sales.pricing.documents import LineInput, Terms
from sales.pricing.lines import Price
from tests.sales.pricing.strategies import CURRENCIES, PRICES, QUANTITIES, RATES

EUR = Terms("EUR")
HUNDRED = Price(Decimal(100))
NOTHING = Price(Decimal(0))


def line(**fields: Any) -> LineInput:
    return LineInput(**{"key": "1", "quantity": Decimal(10), "unit_price": Decimal(100), **fields})


@pytest.mark.parametrize(
    ("typed", "off"),
    [
        (line(), "0"),
        (line(discount_rate=Decimal("0.18")), "180"),
        (line(unit_price=Decimal(90), discount_amount=Decimal(80)), "180"),
        (line(unit_price=Decimal(200), discount_rate=Decimal("0.5")), "0"),
        (line(unit_price=Decimal(110)), "-100"),
        (line(promotion_discount=Decimal(300)), "0"),
    ],
)
def test_compares_a_line_with_the_reference_price(typed: LineInput, off: str) -> None:
    assert line_concession(typed, HUNDRED, EUR) == Concession(Decimal(1000), Decimal(off))


def test_counts_what_is_typed_for_each_unit_once_per_unit() -> None:
    terms = Terms("EUR", per_unit_discount=True)
    typed = line(discount_amount=Decimal(18))
    assert line_concession(typed, HUNDRED, terms).rate == Decimal("0.18")


@pytest.mark.parametrize(
    ("asked", "reference", "rate"),
    [
        (("90", "100"), ("1", "1"), "0.1"),
        (("0.9", "1"), ("100", "100"), "0.1"),
        (("450", "500"), ("1000", "1000"), "0.1"),
        (("100", "100"), ("100", "100"), "0"),
        (("100", "1"), ("100", "100"), "-99"),
    ],
)
def test_compares_prices_for_other_units_by_what_each_unit_costs(
    asked: tuple[str, str], reference: tuple[str, str], rate: str
) -> None:
    price, units = map(Decimal, asked)
    typed = line(quantity=Decimal(7), unit_price=price, price_quantity=units)
    listed = Price(*map(Decimal, reference))

    assert line_concession(typed, listed, EUR).rate == Decimal(rate)
    assert list_discount([(typed, listed)], EUR).rate == Decimal(rate)


def test_counts_what_is_typed_for_each_unit_whatever_the_price_is_for() -> None:
    terms = Terms("EUR", per_unit_discount=True)
    typed = line(discount_amount=Decimal("0.18"), price_quantity=Decimal(100))
    listed = Price(Decimal(100), Decimal(100))
    assert line_concession(typed, listed, terms).rate == Decimal("0.18")


def test_adds_the_discount_on_everything() -> None:
    terms = Terms("EUR", discount_amount=Decimal(20), discount_rate=Decimal("0.1"))
    lines = [(line(discount_amount=Decimal(100)), HUNDRED), (line(counts=False), Price(Decimal(9)))]
    whole = document_concession(lines, terms)
    assert whole == Concession(Decimal(1000), Decimal(210))  # 100 + 20 + 10 % of 900


def test_sets_tax_aside_where_prices_include_it() -> None:
    terms = Terms("EUR", discount_amount=Decimal(10), prices_include_tax=True)
    taxed = line(key="1", quantity=Decimal(1), unit_price=Decimal(120), tax_rate=Decimal("0.2"))
    free = line(key="2", quantity=Decimal(1), unit_price=Decimal(80), tax_rate=Decimal(0))

    whole = document_concession([(taxed, Price(Decimal(120))), (free, HUNDRED)], terms)

    assert list_amount(taxed, Price(Decimal(120)), terms) == 100
    assert whole == Concession(Decimal(200), Decimal(29))  # 20 + 6/1.2 + 4
    assert rate_on_everything([taxed, free], terms) == Decimal("0.05")


def test_compares_what_is_paid_with_the_list_whoever_took_it_off() -> None:
    terms = Terms("EUR", discount_amount=Decimal(20), discount_rate=Decimal("0.1"))
    paid_less = line(volume_discount=Decimal(5), promotion_discount=Decimal(50))
    lines = [(paid_less, HUNDRED), (line(counts=False), Price(Decimal(9)))]
    assert list_discount(lines, terms) == Concession(Decimal(1000), Decimal(210))  # 100 + 110


def test_leaves_a_document_without_such_a_discount_to_its_lines() -> None:
    assert document_concession([(line(), HUNDRED)], EUR) is None


def deduction(price: str, **fields: Any) -> LineInput:
    """A trade-in or a rebate of one piece."""
    one = {"key": "d", "quantity": Decimal(1), "unit_price": Decimal(price), **fields}
    return line(**one, is_deduction=True)


def test_counts_a_deduction_as_a_discount_on_everything() -> None:
    lines = [(line(discount_amount=Decimal(100)), HUNDRED), (deduction("-50"), NOTHING)]

    assert document_concession(lines, EUR) == Concession(Decimal(1000), Decimal(150))
    assert list_discount(lines, EUR) == Concession(Decimal(1000), Decimal(150))
    assert line_concession(lines[1][0], NOTHING, EUR).rate == 0  # measured with the document


def test_gives_the_discount_on_everything_on_what_is_sold_and_the_deduction_beside_it() -> None:
    terms = Terms("EUR", discount_amount=Decimal(20), discount_rate=Decimal("0.1"))
    lines = [(line(), HUNDRED), (deduction("-50"), NOTHING)]

    whole = document_concession(lines, terms)

    assert whole == Concession(Decimal(1000), Decimal(170))  # 20 + 10 % of 1000 + 50
    assert list_discount(lines, terms) == whole
    assert rate_on_everything([each for each, _ in lines], terms) == Decimal("0.17")


def test_weighs_a_deduction_more_the_less_is_sold() -> None:
    before, after = [line(), deduction("-50")], [line(quantity=Decimal(1)), deduction("-50")]

    assert rate_on_everything(before, EUR) == Decimal("0.05")
    assert rate_on_everything(after, EUR) == Decimal("0.5")
    assert rate_on_everything([deduction("-50")], EUR) == 0  # nothing is sold yet


def test_sets_the_tax_of_a_deduction_aside() -> None:
    terms = Terms("EUR", prices_include_tax=True)
    sold = line(unit_price=Decimal(120), tax_rate=Decimal("0.2"))

    [taxed, free] = [
        [(sold, Price(Decimal(120))), (deduction("-60", tax_rate=Decimal(rate)), NOTHING)]
        for rate in ("0.2", "0")
    ]

    assert document_concession(taxed, terms) == Concession(Decimal(1000), Decimal(50))
    assert document_concession(free, terms) == Concession(Decimal(1000), Decimal(60))
    rates = [rate_on_everything([each for each, _ in lines], terms) for lines in (taxed, free)]
    assert rates == [Decimal("0.05"), Decimal("0.06")]


@given(CURRENCIES, st.lists(st.tuples(QUANTITIES, PRICES), min_size=1, max_size=5), RATES, RATES)
def test_takes_percentages_for_what_they_say(
    currency: str, typed: list[tuple[Decimal, Decimal]], own: Decimal, head: Decimal
) -> None:
    terms = Terms(currency, discount_rate=head)
    lines = [
        (line(quantity=quantity, unit_price=price, discount_rate=own), Price(price))
        for quantity, price in typed
    ]
    for each, price in lines:
        assert not line_concession(each, price, terms).exceeds(own)
    whole = document_concession(lines, terms) or Concession()
    together = 1 - (1 - own) * (1 - head)
    assert not whole.exceeds(together)
    costs_something = any(quantity and price for quantity, price in typed)
    assert whole.exceeds(together - Decimal("0.0001")) or not (head and costs_something)


def test_counts_the_percentage_alone_before_there_are_lines() -> None:
    assert document_concession([], Terms("EUR", discount_rate=Decimal("0.18"))) == Concession(
        Decimal(1), Decimal("0.18")
    )
