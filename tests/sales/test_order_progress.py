"""Progress of orders: what is shipped was ordered."""

from __future__ import annotations

import pytest

from sales.models import Order
from sales.services.errors import OverShipped
from tests.factories import Market
from tests.sales.order_steps import ship, submitted


def test_refuses_to_ship_more_than_was_ordered(market: Market) -> None:
    order = submitted(market, "2")
    with pytest.raises(OverShipped, match="3 shipped in all, but only 2 are ordered"):
        ship(order, market, "3")
    order.refresh_from_db()
    assert order.fulfilment_status == Order.Fulfilment.NOT_STARTED
