"""Typed figures: no more decimals than the currency has, and none below zero."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

import pytest

from common.errors import DomainError
from sales.models import Invoice, Order
from sales.pricing.errors import PricingError
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.change_orders import Changes, change_order
from sales.services.documents.draft_fields import NewLineFields
from sales.services.documents.drafts import change_head, draft_order
from sales.services.documents.lines import add_line, add_lines, change_line
from sales.services.opportunity_lines import add_opportunity_line
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from tests.factories import Market, OpportunityFactory

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


def by_change_order(field: str) -> Callable[..., object]:
    def change(market: Market, order: Order, figure: Decimal) -> object:
        submit_order(order.pk, actor=market.rep)
        changes = Changes(lines={order.lines.get().pk: {field: figure}})
        return change_order(order.pk, changes, actor=market.rep)

    return change


def by_share(invoice: Callable[..., object], **how: Any) -> Callable[..., object]:
    def ask(market: Market, order: Order, share: Decimal) -> object:
        submit_order(order.pk, actor=market.rep)
        return invoice(order.pk, actor=market.rep, rate=share, **how)

    return ask


def on_opportunity(market: Market, order: Order, price: Decimal) -> object:
    opportunity = OpportunityFactory.create(account=market.account)
    product = market.product("100")
    return add_opportunity_line(opportunity.pk, actor=market.rep, product=product, unit_price=price)


def added(field: str) -> Callable[[Market, Order, Decimal], object]:
    """Add a write-in as a whole import of lines does, with a figure in one field."""

    def add(market: Market, order: Order, figure: Decimal) -> object:
        line: dict[str, Any] = {
            "description": "Delivery", "product_category": market.category,
            "tax_category": market.tax_category, "quantity": Decimal(1), "unit_price": Decimal(1),
        }  # fmt: skip
        return add_lines(order, [cast("NewLineFields", line | {field: figure})], actor=market.rep)

    return add


PRICE, RATE, QUANTITY = "A price has", "A percentage has", "Give a quantity of"
FINE: dict[str, tuple[Callable[..., object], str, str]] = {
    "price": (by_line("unit_price"), "1.000001", f"{PRICE} at most 5 decimals"),
    "long price": (by_line("unit_price"), f"1.{'0' * 40}1", f"{PRICE} at most 5 decimals"),
    "price of a change order": (
        by_change_order("unit_price"), "1.000001", f"{PRICE} at most 5 decimals"
    ),
    "price on an opportunity": (on_opportunity, "1.000001", f"{PRICE} at most 5 decimals"),
    "imported price": (added("unit_price"), "1.000001", f"{PRICE} at most 5 decimals"),
    "discount rate": (by_line("discount_rate"), "0.0000001", f"{RATE} at most 4 decimals"),
    "header rate": (by_head("discount_rate"), "0.0000001", f"{RATE} at most 4 decimals"),
    "discount rate of a change order": (
        by_change_order("discount_rate"), "0.0000001", f"{RATE} at most 4 decimals"
    ),
    "tax rate": (by_line("tax_rate"), "0.1900001", f"{RATE} at most 4 decimals"),
    "share to ask ahead": (
        by_share(invoice_down_payment), "0.3333333", f"{RATE} at most 4 decimals"
    ),
    "share to invoice": (
        by_share(invoice_order, what="percentage"), "0.3333333", f"{RATE} at most 4 decimals"
    ),
    "quantity": (by_line("quantity"), f"1.{'0' * 40}1", f"1 or 2 instead of 1.{'0' * 40}1"),
    "imported quantity": (added("quantity"), "1.000001", f"{QUANTITY} at most 5 decimals"),
}  # fmt: skip


@pytest.mark.parametrize("what", FINE)
def test_refuses_what_storing_it_would_round(market: Market, what: str) -> None:
    enter, figure, sentence = FINE[what]
    order = drafted(market)

    with pytest.raises(PricingError, match=sentence):
        enter(market, order, Decimal(figure))

    line = order.lines.get()
    assert (line.unit_price, line.discount_rate, line.quantity) == (100, None, 1)
    assert not Invoice.objects.exists()
