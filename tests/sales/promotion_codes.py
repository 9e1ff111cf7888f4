"""Promotion codes, and orders that they are given for."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from random import Random
from typing import Any

from common.errors import DomainError
from crm.models import User
from sales.models import Order, PromotionCode, Quote
from sales.pricing.money import minor_units
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.promotions import apply_promotion
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


def apply_at_random(order: Order, rng: Random, *, actor: User) -> None:
    """Give an order none, one or two codes, of a percentage or an amount, for all or some lines."""
    for place in range(rng.choice([0, 0, 1, 1, 2])):
        fields: dict[str, Any] = {"code": f"{order.pk.hex[-20:]}{place}"}
        if rng.random() < 0.5:
            given = code(discount_rate=Decimal(rng.choice(["0.07", "0.333333", "1"])), **fields)
        else:
            coins = Decimal(rng.randint(1, 3000)).scaleb(-minor_units(order.currency))
            given = amount_code(str(coins), currency=order.currency, **fields)
        if rng.random() < 0.4:
            first = order.lines.filter(product__isnull=False).order_by("position").first()
            given.products.add(*[first.product_id] if first else [])
        with suppress(DomainError):  # nothing of it may be left to take off
            apply_promotion(order, given.code, actor=actor)
