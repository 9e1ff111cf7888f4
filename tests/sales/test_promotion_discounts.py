"""Promotion discounts: what each code takes off which line, and when it takes nothing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from sales.models import PromotionCode, PromotionUse, SalesEvent
from sales.pricing.errors import CurrencyMismatch, InvalidPromotion, PricingError
from sales.services.documents.lines import change_line, remove_line
from sales.services.orders import submit_order
from sales.services.promotions import apply_promotion, remove_promotion
from tests.factories import AccountFactory, Market
from tests.sales.promotion_codes import amount_code, code, draft, nets


def test_a_percentage_is_taken_off_what_the_lines_come_to(market: Market) -> None:
    code()
    order = draft(market, "33.33", "33.33", "33.34")

    use = apply_promotion(order, " spring ", actor=market.rep)

    order.refresh_from_db()
    assert use.amount == Decimal("10.00")
    assert nets(order) == [Decimal("30.00"), Decimal("30.00"), Decimal("30.00")]
    assert (order.detail, order.tax, order.total) == (90, 18, 108)
    event = SalesEvent.objects.order_by("id").last()
    assert event is not None
    assert event.data == {"promotion": "SPRING"}


def test_an_amount_is_shared_out_to_the_cent_and_follows_every_change(market: Market) -> None:
    amount_code("10.00")
    order = draft(market, "10.00", "20.00", "70.00")
    use = apply_promotion(order, "SPRING", actor=market.rep)
    assert nets(order) == [9, 18, 63]

    line = order.lines.order_by("position")[2]
    change_line(line, actor=market.rep, discount_rate=Decimal("0.5"))
    # 10 + 20 + 35 = 65: shares of 10.00 are 1.54, 3.08, 5.38
    assert nets(order) == [Decimal("8.46"), Decimal("16.92"), Decimal("29.62")]

    remove_line(line, actor=market.rep)
    assert nets(order) == [Decimal("6.67"), Decimal("13.33")]
    use.refresh_from_db()
    assert use.amount == 10


def test_two_codes_work_one_after_the_other(market: Market) -> None:
    code()
    amount_code("9.00", code="WELCOME")
    order = draft(market, "100.00")

    apply_promotion(order, "WELCOME", actor=market.rep)
    apply_promotion(order, "SPRING", actor=market.rep)

    assert nets(order) == [Decimal("81.90")]  # 100 - 9 = 91, less 10 % of that
    remove_promotion(order, "welcome", actor=market.rep)
    assert nets(order) == [Decimal("90.00")]


def test_covers_only_its_products(market: Market) -> None:
    spring = code()
    order = draft(market, "100.00", "50.00")
    spring.products.add(order.lines.order_by("position")[1].product)

    apply_promotion(order, "SPRING", actor=market.rep)

    assert nets(order) == [100, 45]


@pytest.mark.parametrize(
    ("fields", "refused_as", "message"),
    [
        ({"is_active": False}, "invalid_promotion", "is not active: go on without it"),
        ({"valid_to": dt.date(2020, 1, 1)}, "invalid_promotion", "is not valid on"),
        ({"valid_from": dt.date(2100, 1, 1)}, "invalid_promotion", "is not valid on"),
        ({"uses_allowed": 3, "uses": 3}, "promotion_used_up", "is used up: go on without it"),
        ({"code": "AUTUMN"}, "unknown_promotion", "There is no promotion code SPRING: check"),
    ],
)
def test_refuses_a_code_that_does_not_hold(
    market: Market, fields: dict[str, Any], refused_as: str, message: str
) -> None:
    code(**fields)
    order = draft(market, "100.00")
    events = SalesEvent.objects.count()

    with pytest.raises(PricingError, match=message) as refusal:
        apply_promotion(order, "SPRING", actor=market.rep)

    assert (refusal.value.code, refusal.value.field) == (refused_as, "promotion")
    assert not PromotionUse.objects.exists()
    assert SalesEvent.objects.count() == events
    assert nets(order) == [100]


def test_refuses_a_code_for_other_customers_products_or_currencies(market: Market) -> None:
    others = code()
    others.accounts.add(AccountFactory.create())
    elsewhere = code(code="GRINDERS")
    elsewhere.products.add(market.product("5.00"))
    amount_code("5.00", code="DOLLARS", currency="USD")
    order = draft(market, "100.00")

    with pytest.raises(InvalidPromotion, match="not valid for"):
        apply_promotion(order, "SPRING", actor=market.rep)
    with pytest.raises(InvalidPromotion, match="applies to none of these lines"):
        apply_promotion(order, "GRINDERS", actor=market.rep)
    with pytest.raises(CurrencyMismatch, match="in USD, the document in EUR"):
        apply_promotion(order, "DOLLARS", actor=market.rep)

    assert not PromotionUse.objects.exists()


def test_a_code_that_ended_meanwhile_keeps_the_order_back_until_it_is_removed(
    market: Market,
) -> None:
    spring = code()
    order = draft(market, "100.00")
    apply_promotion(order, "SPRING", actor=market.rep)
    PromotionCode.objects.filter(pk=spring.pk).update(valid_to=dt.date(2020, 1, 1))

    with pytest.raises(InvalidPromotion, match="is not valid on"):
        submit_order(order.pk, actor=market.rep)
    order.refresh_from_db()
    assert (order.status, order.number) == ("draft", None)

    remove_promotion(order, "SPRING", actor=market.rep)
    order = submit_order(order.pk, actor=market.rep)
    assert (order.status, order.total) == ("submitted", 120)


def test_takes_nothing_off_once_the_code_is_withdrawn(market: Market) -> None:
    spring = code()
    order = draft(market, "100.00")
    use = apply_promotion(order, "SPRING", actor=market.rep)
    PromotionCode.objects.filter(pk=spring.pk).update(is_active=False)

    change_line(order.lines.get(), actor=market.rep, quantity=Decimal(2))

    assert nets(order) == [200]
    use.refresh_from_db()
    assert use.amount == 0
