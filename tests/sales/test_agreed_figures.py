"""Figures of a changed order: what is billed keeps its own."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sales.services.change_orders import Changes, change_order
from sales.services.errors import AlreadyBilled
from tests.factories import Market
from tests.sales.order_steps import billed, ship, submitted


def test_refuses_other_figures_for_what_is_billed(market: Market) -> None:
    order = ship(submitted(market, "10"), market, "10")
    billed(order, market)
    dearer = Changes(lines={order.lines.get().pk: {"unit_price": Decimal(25)}})

    with pytest.raises(AlreadyBilled, match="credit the invoice first"):
        change_order(order.pk, dearer, actor=market.rep)

    order.refresh_from_db()
    assert order.total == Decimal("239.88")


def test_what_is_billed_keeps_its_figures_when_the_rest_gets_another_price(
    market: Market,
) -> None:
    order = ship(submitted(market, "10", price="20.00"), market, "4")
    invoice = billed(order, market)
    dearer = Changes(lines={order.lines.get().pk: {"unit_price": Decimal(25)}})

    change_order(order.pk, dearer, actor=market.rep)

    order.refresh_from_db()
    rest = billed(order, market, what="all")
    assert (invoice.total, rest.total) == (Decimal("96.00"), Decimal("204.00"))
    assert order.total == Decimal("300.00")
