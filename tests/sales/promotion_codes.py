"""Promotion codes, and orders that they are given for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sales.models import Order, PromotionCode, Quote
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from tests.factories import Market


def code(**fields: Any) -> PromotionCode:
    """Make SPRING, 10 % off by default."""
    given = {"code": "SPRING", "name": "Spring", "discount_rate": Decimal("0.10"), **fields}
    return PromotionCode.objects.create(**given)


def amount_code(amount: str, **fields: Any) -> PromotionCode:
    """Make SPRING, an amount off."""
    given = {"currency": "EUR", **fields}
    return code(
        kind=PromotionCode.Kind.AMOUNT,
        discount_rate=None,
        discount_amount=Decimal(amount),
        **given,
    )


def draft(market: Market, *prices: str) -> Order:
    """Draft an order of one product per price."""
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    for price in prices:
        add_line(order, actor=market.rep, product=market.product(price))
    return order


def nets(document: Quote | Order) -> list[Decimal]:
    """Read what each line comes to."""
    return list(document.lines.order_by("position").values_list("net", flat=True))
