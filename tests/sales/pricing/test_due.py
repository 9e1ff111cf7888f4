"""Instalments: they sum to the total exactly, and payments settle the oldest first."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.pricing.due import (
    Due,
    Share,
    early_payment_discount,
    earned_discount,
    kept_discount,
    open_amounts,
    split_by_shares,
)
from sales.pricing.errors import InvalidPaymentTerms
from sales.pricing.money import round_money
from tests.sales.pricing.strategies import CURRENCIES, RATES, amounts

DAY = dt.date(2026, 11, 22)


@st.composite
def shares(draw: st.DrawFn) -> list[Share]:
    """Draw up to six shares that make the whole, of a millionth at least."""
    cuts = draw(st.lists(st.integers(1, 999_999), max_size=5, unique=True))
    edges = [0, *sorted(cuts), 1_000_000]
    return [
        Share(Decimal(end - start).scaleb(-6), draw(st.integers(0, 90)))
        for start, end in pairwise(edges)
    ]


@given(st.data(), CURRENCIES, shares())
def test_shares_of_instalments_sum_to_one(
    data: st.DataObject, currency: str, parts: list[Share]
) -> None:
    total = abs(data.draw(amounts(currency)))

    due = split_by_shares(total, parts, currency=currency, issued_on=DAY)

    assert sum((part.amount for part in due), Decimal(0)) == total
    assert all(part.amount == round_money(part.amount, currency) > 0 for part in due)
    assert [part.due_on for part in due] == sorted(part.due_on for part in due)


@given(st.data(), CURRENCIES, shares())
def test_no_instalment_is_a_coin_from_its_share(
    data: st.DataObject, currency: str, parts: list[Share]
) -> None:
    total = abs(data.draw(amounts(currency)))
    coin = Decimal(1).scaleb(total.as_tuple().exponent)  # type: ignore[arg-type]  # never a NaN

    due = split_by_shares(total, parts, currency=currency, issued_on=DAY)

    for days in {part.due_days for part in parts}:
        day = DAY + dt.timedelta(days=days)
        together = [part for part in parts if part.due_days == days]
        asked = sum((part.amount for part in due if part.due_on == day), Decimal(0))
        exact = total * sum(part.rate for part in together)
        assert abs(asked - exact) < coin * len(together)


@pytest.mark.parametrize("rates", [("0.3", "0.6"), ("0.5", "0.6"), ("0.333333",) * 3])
def test_refuses_shares_that_are_not_the_whole(rates: tuple[str, ...]) -> None:
    parts = [Share(Decimal(rate), 30) for rate in rates]
    with pytest.raises(InvalidPaymentTerms, match="must add up to 100%"):
        split_by_shares(Decimal(100), parts, currency="EUR", issued_on=DAY)


@given(st.data(), CURRENCIES, shares())
def test_what_is_settled_and_what_is_open_make_the_whole(
    data: st.DataObject, currency: str, parts: list[Share]
) -> None:
    total = abs(data.draw(amounts(currency)))
    settled = min(abs(data.draw(amounts(currency))), total)
    due = split_by_shares(total, parts, currency=currency, issued_on=DAY)

    left = open_amounts(due, settled)

    assert sum(left, Decimal(0)) == total - settled
    touched = [part.amount != rest for part, rest in zip(due, left, strict=True)]
    assert touched == sorted(touched, reverse=True)


def test_settles_the_oldest_first() -> None:
    due = [Due(DAY, Decimal(30)), Due(DAY + dt.timedelta(days=30), Decimal(70))]
    assert open_amounts(due, Decimal(0)) == [30, 70]
    assert open_amounts(due, Decimal(40)) == [0, 60]
    assert open_amounts(due, Decimal(120)) == [0, 0]


@given(st.data(), CURRENCIES, RATES)
def test_never_lets_more_be_kept_than_was_offered(
    data: st.DataObject, currency: str, rate: Decimal
) -> None:
    total, first, second = (abs(data.draw(amounts(currency))) for _ in range(3))
    in_time = min(first, total)
    paid = min(in_time + second, total)
    offered = early_payment_discount(total, rate, currency)

    earned = earned_discount(asked=total, paid=paid, paid_in_time=in_time, offered=offered)

    assert earned in {Decimal(0), total - paid}
    assert earned <= offered
    credited = min(abs(data.draw(amounts(currency))), total)
    kept = kept_discount(earned, asked_before=total, asked=total - credited, currency=currency)
    assert 0 <= kept <= earned
    assert kept == earned or credited
    assert not kept or credited < total
