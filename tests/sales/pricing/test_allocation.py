from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.pricing.allocation import allocate, apportion
from sales.pricing.errors import InvalidAmount, NoLines
from sales.pricing.money import minor_units
from tests.sales.pricing.strategies import CURRENCIES, amounts

WEIGHTS = st.lists(
    st.one_of(st.decimals(0, 10_000, places=2), st.just(Decimal(1)), st.just(Decimal(0))),
    min_size=1,
    max_size=12,
)
SIGNED_WEIGHTS = st.lists(st.decimals(-10_000, 10_000, places=3), min_size=1, max_size=12)


@given(st.data(), CURRENCIES, st.one_of(WEIGHTS, SIGNED_WEIGHTS))
def test_shares_sum_to_the_amount_and_are_fair_to_a_unit(
    data: st.DataObject, currency: str, weights: list[Decimal]
) -> None:
    amount = data.draw(amounts(currency))

    shares = allocate(amount, weights, currency)

    assert sum(shares) == amount
    total = sum(map(Fraction, weights))
    for share, weight in zip(shares, weights, strict=True):
        exact = Fraction(amount) * (
            Fraction(weight) / total if total else Fraction(1, len(weights))
        )
        assert abs(Fraction(share) - exact) < Fraction(1, 10 ** minor_units(currency))


@given(st.data(), CURRENCIES, WEIGHTS, st.randoms())
def test_does_not_depend_on_the_order(
    data: st.DataObject, currency: str, weights: list[Decimal], random: Any
) -> None:
    amount = data.draw(amounts(currency))
    keyed = [(f"{place:02}", weight) for place, weight in enumerate(weights)]
    shuffled = random.sample(keyed, len(keyed))

    def shares_of(pairs: list[tuple[str, Decimal]]) -> dict[str, Decimal]:
        keys, own = [key for key, _ in pairs], [weight for _, weight in pairs]
        return dict(zip(keys, allocate(amount, own, currency, keys=keys), strict=True))

    assert shares_of(shuffled) == shares_of(keyed)


@given(st.data(), CURRENCIES, st.one_of(WEIGHTS, SIGNED_WEIGHTS))
def test_mirrors_when_the_sign_turns(
    data: st.DataObject, currency: str, weights: list[Decimal]
) -> None:
    amount = data.draw(amounts(currency))

    mirrored = allocate(-amount, weights, currency)

    assert mirrored == [-share for share in allocate(amount, weights, currency)]


@given(st.data(), CURRENCIES, WEIGHTS)
def test_gives_nothing_to_who_weighs_nothing(
    data: st.DataObject, currency: str, weights: list[Decimal]
) -> None:
    weights.append(Decimal(1))
    amount = data.draw(amounts(currency))

    shares = allocate(amount, weights, currency)

    assert all(share == 0 for share, weight in zip(shares, weights, strict=True) if not weight)
    assert all(share * amount >= 0 for share in shares)


def test_gives_the_odd_cent_to_the_lowest_key_not_to_the_first_place() -> None:
    shares = allocate(Decimal("0.01"), [Decimal(1)] * 3, "EUR", keys=["c", "a", "b"])

    assert shares == [Decimal(0), Decimal("0.01"), Decimal(0)]


def test_shares_zero_over_no_lines() -> None:
    assert allocate(Decimal(0), [], "EUR") == []
    with pytest.raises(NoLines, match=r"no line to share €0\.01 over: add a line first"):
        allocate(Decimal("0.01"), [], "EUR")


def test_refuses_an_amount_that_is_not_rounded() -> None:
    with pytest.raises(InvalidAmount):
        allocate(Decimal("0.5"), [Decimal(1)], "JPY")


def test_refuses_a_target_that_the_shares_cannot_make() -> None:
    with pytest.raises(ValueError, match="exact shares"):
        apportion(5, [1, 1], 1, 1, [0, 1])


def test_balances_a_sale_against_its_return_where_both_cancel_out() -> None:
    shares = apportion(0, [10000, -10000], 19, 100, ["a", "b"])

    assert shares == [1900, -1900]


def test_keeps_weights_of_any_size_in_proportion() -> None:
    weights = [Decimal("1E+3"), Decimal("0.001"), Decimal(1000)]

    assert allocate(Decimal("20.00"), weights, "EUR") == [Decimal("10.00"), Decimal(0), Decimal(10)]
