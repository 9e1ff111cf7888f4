from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.pricing.errors import (
    CurrencyMismatch,
    InactivePriceList,
    InactiveProduct,
    InvalidAmount,
    InvalidRate,
    MissingPrice,
)
from sales.pricing.price_lists import (
    PriceMethod,
    PriceRounding,
    PriceRule,
    ProductCosts,
    RoundingOption,
    list_price,
)
from sales.pricing.validity import check_price_list, check_product, holds_on

COSTS = ProductCosts(list_price=Decimal(30), current_cost=Decimal(12), standard_cost=Decimal(16))
DAY = dt.date(2026, 11, 22)


@pytest.mark.parametrize(
    ("method", "price"),
    [
        (PriceMethod.PERCENT_OF_LIST, "6"),
        (PriceMethod.MARKUP_CURRENT, "14.4"),
        (PriceMethod.MARKUP_STANDARD, "19.2"),
        (PriceMethod.MARGIN_CURRENT, "15"),
        (PriceMethod.MARGIN_STANDARD, "20"),
    ],
)
def test_derives_a_price_from_the_right_figure(method: PriceMethod, price: str) -> None:
    assert list_price(PriceRule(method, rate=Decimal("0.2")), COSTS) == Decimal(price)


@pytest.mark.parametrize(
    ("method", "price"),
    [
        (PriceMethod.AMOUNT, "3.99"),
        (PriceMethod.PERCENT_OF_LIST, "0.66668"),
        (PriceMethod.MARKUP_CURRENT, "4.00008"),
        (PriceMethod.MARGIN_STANDARD, "4.16675"),
    ],
)
def test_derives_a_price_for_100_from_what_100_cost(method: PriceMethod, price: str) -> None:
    each = Decimal("0.033334")
    rule = PriceRule(method, Decimal("3.99"), Decimal("0.2"), price_quantity=Decimal(100))
    assert list_price(rule, ProductCosts(each, each, each)) == Decimal(price)


def test_rounds_the_price_for_100_as_the_list_says() -> None:
    rule = PriceRule(
        PriceMethod.MARKUP_CURRENT,
        rate=Decimal("0.2"),
        rounding=PriceRounding.NEAREST,
        rounding_option=RoundingOption.ENDS_IN,
        rounding_amount=Decimal("0.90"),
        price_quantity=Decimal(100),
    )
    assert list_price(rule, ProductCosts(current_cost=Decimal("0.03334"))) == Decimal("3.90")


@pytest.mark.parametrize("method", list(PriceMethod))
def test_names_a_missing_price(method: PriceMethod) -> None:
    with pytest.raises(MissingPrice) as refusal:
        list_price(PriceRule(method, rate=Decimal("0.2")), ProductCosts(), line="3")

    assert refusal.value.line == "3"


def test_names_a_missing_percentage() -> None:
    with pytest.raises(MissingPrice):
        list_price(PriceRule(PriceMethod.MARKUP_CURRENT), COSTS)


@pytest.mark.parametrize(
    ("method", "rate"),
    [
        (PriceMethod.MARGIN_CURRENT, "1"),
        (PriceMethod.MARGIN_STANDARD, "1.5"),
        (PriceMethod.MARKUP_CURRENT, "-1.01"),
        (PriceMethod.PERCENT_OF_LIST, "-0.01"),
    ],
)
def test_refuses_a_percentage_without_meaning(method: PriceMethod, rate: str) -> None:
    with pytest.raises(InvalidRate):
        list_price(PriceRule(method, rate=Decimal(rate)), COSTS)


@pytest.mark.parametrize("amount", [None, Decimal(0), Decimal(-1)])
def test_refuses_to_round_to_nothing(amount: Decimal | None) -> None:
    rule = PriceRule(
        PriceMethod.MARKUP_CURRENT,
        rate=Decimal("0.2"),
        rounding=PriceRounding.UP,
        rounding_amount=amount,
    )

    with pytest.raises(InvalidAmount):
        list_price(rule, COSTS)


@pytest.mark.parametrize(
    ("ending", "step"),
    [("0.99", "1"), ("0.09", "0.1"), ("9", "10"), ("10", "100"), ("99.9", "100"), ("1", "10")],
)
def test_finds_the_step_of_prices_that_end_in(ending: str, step: str) -> None:
    rule = PriceRule(
        PriceMethod.MARKUP_CURRENT,
        rate=Decimal(0),
        rounding=PriceRounding.UP,
        rounding_option=RoundingOption.ENDS_IN,
        rounding_amount=Decimal(ending),
    )
    just_above = ProductCosts(current_cost=Decimal(ending) + Decimal("0.00001"))

    assert list_price(rule, just_above) == Decimal(ending) + Decimal(step)


@given(
    st.decimals(0, 1000, places=5),
    st.sampled_from([Decimal(amount) for amount in ("0.05", "0.3", "5", "0.99", "9", "7")]),
    st.sampled_from(list(RoundingOption)),
)
def test_rounds_to_the_neighbours_a_search_finds(
    cost: Decimal, amount: Decimal, option: RoundingOption
) -> None:
    step = amount if option == RoundingOption.MULTIPLE_OF else slow_step(amount)
    first = Decimal(0) if option == RoundingOption.MULTIPLE_OF else amount
    start = max(0, int(cost / step) - 2)
    candidates = [first + step * place for place in range(start, start + 6)]
    candidates = [first, *candidates]

    prices = {
        rounding: list_price(
            PriceRule(PriceMethod.MARKUP_CURRENT, None, Decimal(0), rounding, option, amount),
            ProductCosts(current_cost=cost),
        )
        for rounding in PriceRounding
    }

    assert prices[PriceRounding.NONE] == cost
    assert prices[PriceRounding.UP] == min(price for price in candidates if price >= cost)
    below = [price for price in candidates if price <= cost]
    assert prices[PriceRounding.DOWN] == (max(below) if below else first)
    assert prices[PriceRounding.NEAREST] == min(
        candidates, key=lambda price: (abs(price - cost), -price)
    )


def slow_step(ending: Decimal) -> Decimal:
    """Search the smallest power of ten above the ending."""
    return min(power for place in range(-6, 6) if (power := Decimal(10) ** place) > ending)


@pytest.mark.parametrize(
    ("first", "last", "holds"),
    [
        (None, None, True),
        (DAY, DAY, True),
        (DAY + dt.timedelta(1), None, False),
        (None, DAY - dt.timedelta(1), False),
    ],
)
def test_counts_both_ends_of_a_period(
    first: dt.date | None, last: dt.date | None, holds: bool
) -> None:
    assert holds_on(DAY, first, last) is holds


def test_refuses_a_price_list_that_is_not_in_force() -> None:
    expired = DAY - dt.timedelta(1)
    with pytest.raises(InactivePriceList, match="Price list Retail is not in force on 22 Nov 2026"):
        check_price_list(
            "Retail", currency="EUR", document_currency="EUR", day=DAY, valid_to=expired
        )
    with pytest.raises(InactivePriceList, match="Price list Retail is not active: choose another"):
        check_price_list("Retail", currency="EUR", document_currency="EUR", day=DAY, active=False)


def test_refuses_a_price_list_in_another_currency() -> None:
    with pytest.raises(CurrencyMismatch) as refusal:
        check_price_list("Retail", currency="USD", document_currency="EUR", day=DAY, line="1")

    assert refusal.value.line == "1"


def test_accepts_a_price_list_and_a_product_that_hold() -> None:
    check_price_list("Retail", currency="EUR", document_currency="EUR", day=DAY, valid_from=DAY)
    check_product("Bolt", day=DAY, active_to=DAY)


@pytest.mark.parametrize("typed", [{"active": False}, {"active_from": DAY + dt.timedelta(1)}])
def test_refuses_a_product_that_is_not_sold(typed: dict[str, Any]) -> None:
    with pytest.raises(InactiveProduct):
        check_product("Bolt", day=DAY, **typed)
