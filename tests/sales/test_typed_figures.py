"""Typed figures: no more decimals than the currency has, and none below zero."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from common.errors import DomainError
from sales.models import Order
from sales.services.documents.drafts import change_head, draft_order
from sales.services.documents.lines import add_line, change_line
from tests.factories import Market

TOO_FINE = {"JPY": "0.5", "EUR": "0.005", "KWD": "0.0005"}
AMOUNTS = (
    *("-0.00001", "-1", "NaN", "sNaN", "Infinity"),
    *("1E+99", "1E+9999999", "-1E+9999999"),
)


def drafted(market: Market) -> Order:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("100"))
    return order


def by_head(field: str) -> Callable[[Market, Order, Decimal], Any]:
    def change(market: Market, order: Order, amount: Decimal) -> object:
        fields: dict[str, Any] = {field: amount}
        return change_head(order, actor=market.rep, **fields)

    return change


def by_line(field: str) -> Callable[[Market, Order, Decimal], Any]:
    def change(market: Market, order: Order, amount: Decimal) -> object:
        fields: dict[str, Any] = {field: amount}
        return change_line(order.lines.get(), actor=market.rep, **fields)

    return change


TYPED = {
    "header discount": by_head("discount_amount"),
    "freight": by_head("freight"),
    "line discount": by_line("discount_amount"),
    "discount rate": by_line("discount_rate"),
    "header rate": by_head("discount_rate"),
    "price": by_line("unit_price"),
    "quantity": by_line("quantity"),
}
WITH_CURRENCY = ("header discount", "freight", "line discount")


@pytest.mark.parametrize("currency", TOO_FINE)
@pytest.mark.parametrize("what", WITH_CURRENCY)
def test_refuses_smaller_amounts_than_the_currency_has(db: None, what: str, currency: str) -> None:
    market = Market(currency=currency)
    order = drafted(market)

    with pytest.raises(DomainError, match=f"Amounts in {currency} have"):
        TYPED[what](market, order, Decimal(TOO_FINE[currency]))

    order.refresh_from_db()
    assert (order.discount_amount, order.freight) == (Decimal(0), Decimal(0))
    assert order.lines.get().discount_amount is None


@pytest.mark.parametrize("amount", AMOUNTS)
@pytest.mark.parametrize("what", TYPED)
def test_refuses_what_is_no_amount(market: Market, what: str, amount: str) -> None:
    order = drafted(market)
    before = order.lines.get().net

    with pytest.raises(DomainError):
        TYPED[what](market, order, Decimal(amount))

    assert order.lines.get().net == before
