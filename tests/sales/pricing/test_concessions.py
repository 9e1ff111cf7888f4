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
from tests.sales.pricing.strategies import CURRENCIES, PRICES, QUANTITIES, RATES

EUR = Terms("EUR")


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
    assert line_concession(typed, Decimal(100), EUR) == Concession(Decimal(1000), Decimal(off))


def test_counts_what_is_typed_for_each_unit_once_per_unit() -> None:
    terms = Terms("EUR", per_unit_discount=True)
    typed = line(discount_amount=Decimal(18))
    assert line_concession(typed, Decimal(100), terms).rate == Decimal("0.18")


def test_adds_the_discount_on_everything() -> None:
    terms = Terms("EUR", discount_amount=Decimal(20), discount_rate=Decimal("0.1"))
    lines = [(line(discount_amount=Decimal(100)), Decimal(100)), (line(counts=False), Decimal(9))]
    whole = document_concession(lines, terms)
    assert whole == Concession(Decimal(1000), Decimal(210))  # 100 + 20 + 10 % of 900


def test_sets_tax_aside_where_prices_include_it() -> None:
    terms = Terms("EUR", discount_amount=Decimal(10), prices_include_tax=True)
    taxed = line(key="1", quantity=Decimal(1), unit_price=Decimal(120), tax_rate=Decimal("0.2"))
    free = line(key="2", quantity=Decimal(1), unit_price=Decimal(80), tax_rate=Decimal(0))

    whole = document_concession([(taxed, Decimal(120)), (free, Decimal(100))], terms)

    assert list_amount(taxed, Decimal(120), terms) == 100
    assert whole == Concession(Decimal(200), Decimal(29))  # 20 + 6/1.2 + 4
    assert rate_on_everything([taxed, free], terms) == Decimal("0.05")


def test_compares_what_is_paid_with_the_list_whoever_took_it_off() -> None:
    terms = Terms("EUR", discount_amount=Decimal(20), discount_rate=Decimal("0.1"))
    paid_less = line(volume_discount=Decimal(5), promotion_discount=Decimal(50))
    lines = [(paid_less, Decimal(100)), (line(counts=False), Decimal(9))]
    assert list_discount(lines, terms) == Concession(Decimal(1000), Decimal(210))  # 100 + 110


def test_leaves_a_document_without_such_a_discount_to_its_lines() -> None:
    assert document_concession([(line(), Decimal(100))], EUR) is None


@given(CURRENCIES, st.lists(st.tuples(QUANTITIES, PRICES), min_size=1, max_size=5), RATES, RATES)
def test_takes_percentages_for_what_they_say(
    currency: str, typed: list[tuple[Decimal, Decimal]], own: Decimal, head: Decimal
) -> None:
    terms = Terms(currency, discount_rate=head)
    lines = [
        (line(quantity=quantity, unit_price=price, discount_rate=own), price)
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
