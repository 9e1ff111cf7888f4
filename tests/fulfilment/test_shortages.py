"""Shortages: what cannot be shipped, until it is shipped, closed or taken back."""

from __future__ import annotations

from fulfilment.models import InboundMessage
from sales.models import Order
from tests.factories import Market
from tests.fulfilment.conftest import (
    FarEnd,
    shipment_event,
    submitted_order,
)
from tests.fulfilment.messages import open_values, receive_from, shortage


def test_keeps_what_cannot_be_shipped_until_it_can(order: Order, warehouse: FarEnd) -> None:
    assert receive_from(warehouse, shortage(order, "4")) == "applied"

    assert open_values("part") == [("shortage", "", "10", "4 Sold out")]
    line = order.lines.get()
    assert InboundMessage.objects.get().display_detail == (
        f"{line.description} cannot be shipped: 4 Sold out."
    )

    receive_from(warehouse, shortage(order, "0"))

    assert open_values("part") == []


def test_a_refused_order_is_short_of_all_that_is_open(market: Market, warehouse: FarEnd) -> None:
    order = submitted_order(market, "10", "3")
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "4", "3"))

    receive_from(warehouse, shortage(order, reason="Export ban"))

    assert open_values("part") == [("shortage", "", "6", "6 Export ban")]


def test_a_shortage_is_settled_when_all_is_shipped(order: Order, warehouse: FarEnd) -> None:
    receive_from(warehouse, shortage(order, "4"))
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "6"))
    assert open_values("part") == [("shortage", "", "4", "4 Sold out")]

    receive_from(warehouse, shipment_event(order, "WH-2", "shipped", "4"))

    assert open_values("part") == []


def test_a_shortage_of_what_was_shipped_before_stays(order: Order, warehouse: FarEnd) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "10"))

    receive_from(warehouse, shortage(order, "4"))

    assert open_values("part") == [("shortage", "", "0", "4 Sold out")]
