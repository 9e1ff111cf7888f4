"""Closing the rest of an order as it was shown; refused, nothing is written."""

from __future__ import annotations

import pytest

from common.errors import StaleVersion
from sales.models import Order, SalesEvent
from sales.services.change_orders import Changes, change_order
from sales.services.order_closing import close_as_seen, preview_closing
from tests.factories import Market
from tests.sales.order_steps import billed, ship, submitted


@pytest.fixture
def order(market: Market) -> Order:
    """Three at 100.00, of which one is shipped and billed."""
    order = submitted(market, "3", price="100")
    ship(order, market, "1")
    billed(order, market, what="shipped")
    return order


def test_closes_what_was_shown(order: Order, market: Market) -> None:
    shown = preview_closing(order.pk, actor=market.rep)

    change = close_as_seen(order.pk, actor=market.rep, reason="No more", seen=shown.seen)

    assert change.difference == shown.changes
    assert order.lines.get().quantity == 1


def test_refuses_what_was_not_shown_and_writes_nothing(order: Order, market: Market) -> None:
    shown = preview_closing(order.pk, actor=market.rep)
    change_order(order.pk, Changes(head={"name": "Second floor"}), actor=market.rep)
    events = SalesEvent.objects.count()

    with pytest.raises(StaleVersion, match="look at what closing the rest comes to now"):
        close_as_seen(order.pk, actor=market.rep, reason="No more", seen=shown.seen)

    assert (order.lines.get().quantity, order.changes.count()) == (3, 1)
    assert SalesEvent.objects.count() == events
