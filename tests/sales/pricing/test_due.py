"""Instalments: they sum to the total exactly, and payments settle the oldest first."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.pricing.due import (
    Due,
    DueRule,
    EarnedDiscount,
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


RULES = st.builds(DueRule, st.integers(0, 90), st.integers(0, 36), st.booleans())


@st.composite
def shares(draw: st.DrawFn) -> list[Share]:
    """Draw up to six shares that make the whole, of a millionth at least."""
    cuts = draw(st.lists(st.integers(1, 999_999), max_size=5, unique=True))
    edges = [0, *sorted(cuts), 1_000_000]
    return [Share(Decimal(end - start).scaleb(-6), draw(RULES)) for start, end in pairwise(edges)]


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

    for day in {part.when.due_on(DAY) for part in parts}:
        together = [part for part in parts if part.when.due_on(DAY) == day]
        asked = sum((part.amount for part in due if part.due_on == day), Decimal(0))
        exact = total * sum(part.rate for part in together)
        assert abs(asked - exact) < coin * len(together)


@pytest.mark.parametrize("rates", [("0.3", "0.6"), ("0.5", "0.6"), ("0.333333",) * 3])
def test_refuses_shares_that_are_not_the_whole(rates: tuple[str, ...]) -> None:
    parts = [Share(Decimal(rate), DueRule(30)) for rate in rates]
    with pytest.raises(InvalidPaymentTerms, match="must add up to 100%"):
        split_by_shares(Decimal(100), parts, currency="EUR", issued_on=DAY)


DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2190, 12, 31))


@given(DAYS, st.integers(0, 120))
def test_months_lead_to_the_same_day_or_the_last_of_a_shorter_month(
    issued: dt.date, months: int
) -> None:
    due = DueRule(months=months).due_on(issued)

    assert (due.year - issued.year) * 12 + due.month - issued.month == months
    if due.day != issued.day:
        assert due.day < issued.day
        assert (due + dt.timedelta(days=1)).day == 1


@given(DAYS, RULES)
def test_days_come_after_months_and_the_end_of_the_month_last(
    issued: dt.date, rule: DueRule
) -> None:
    plain = DueRule(months=rule.months).due_on(issued) + dt.timedelta(days=rule.days)

    due = rule.due_on(issued)

    assert issued <= plain <= due
    if rule.end_of_month:
        assert (due.year, due.month) == (plain.year, plain.month)
        assert (due + dt.timedelta(days=1)).day == 1
    else:
        assert due == plain


@given(DAYS, DAYS, RULES)
def test_who_is_billed_later_pays_no_earlier(
    first: dt.date, second: dt.date, rule: DueRule
) -> None:
    earlier, later = sorted((first, second))
    months = DueRule(months=rule.months, end_of_month=rule.end_of_month)
    assert months.due_on(earlier) <= months.due_on(later)
    assert rule.due_on(earlier) <= rule.due_on(later)


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
    total, *came = (abs(data.draw(amounts(currency))) for _ in range(4))

    def offer(asked: Decimal) -> Decimal:
        return early_payment_discount(asked, rate, currency)

    found = earned_discount([total], came, offer)

    sums = list(accumulate(came))
    assert (found is None) == all(total - paid > offer(total) for paid in sums)
    earned = found.amount if found else Decimal(0)
    assert 0 <= earned <= offer(total)
    assert earned in {Decimal(0), *(total - paid for paid in sums)}
    credited = min(abs(data.draw(amounts(currency))), total)
    kept = kept_discount(earned, asked_before=total, asked=total - credited, currency=currency)
    assert 0 <= kept <= earned
    assert kept == earned or credited
    assert not kept or credited < total


def test_a_credit_lets_less_money_earn_it_and_names_what_it_was_earned_on() -> None:
    asked = [Decimal(120), Decimal(60), Decimal(20)]
    came = [Decimal("58.80"), Decimal(30)]

    earned = earned_discount(asked, came, lambda amount: amount / 50)

    assert earned == EarnedDiscount(Decimal("1.20"), Decimal(60))
    assert earned_discount(asked, [], lambda amount: amount / 50) is None
