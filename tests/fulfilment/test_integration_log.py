"""Integration log of a document."""

from __future__ import annotations

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from fulfilment.monitoring.integration_log import read_exchange
from fulfilment.outbound.drain import drain
from sales.models import Order
from sales.services.orders import hold_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, event, make_due, send, shipment_event
from web.record_urls import record_url


def test_lists_what_was_sent_answered_and_received_in_order(
    order: Order, market: Market, warehouse: FarEnd, client: Client
) -> None:
    for _ in range(3):
        warehouse.will_answer(500)
    for _ in range(4):
        drain()
        make_due()
    send(event("warehouse.order.status", {"order": order.number, "status": "packed"}))
    send(
        event(
            "warehouse.order.status",
            {"order": order.number, "status": "accepted"},
            sequence="0" * 20,
        )
    )
    send(shipment_event(order, "WH-1", "shipped", "4"))
    send(shipment_event(order, "WH-2", "shipped", "7"))
    hold_order(order.pk, actor=market.rep, reason="Credit check")

    n = order.number
    due = "It is due, and sent as soon as Warehouse has a place free."
    too_much = "Espresso machine: 11 shipped in all, but only 10 are ordered."
    assert [str(entry) for entry in read_exchange(order).entries] == [
        f"Order submitted {n}: Warehouse is not available (500). (3 times)",
        f"Warehouse accepted “Order submitted {n}” as REF-000001.",
        f"Warehouse reported {n} as packed.",
        f"Warehouse reported {n} as accepted. It arrived late and changed nothing.",
        "Warehouse reported WH-1 as shipped (DHL TRACK-WH-1).",
        f"Warehouse reported WH-2 as shipped (DHL TRACK-WH-2). {too_much}",
        "Quantity differs (Espresso machine): ours 10, Warehouse has 11.",
        f"“Order put on hold {n}” waits to be sent to Warehouse. {due}",
    ]
    client.force_login(market.rep)
    drawn = client.get(record_url(order)).content.decode().split('id="integration-log"')[1]
    sentences = [escape(str(entry)) for entry in reversed(read_exchange(order).entries)]
    places = [drawn.index(sentence) for sentence in sentences]
    assert places == sorted(places)


def test_takes_as_many_statements_for_a_long_log_as_for_a_short_one(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    counts = []
    for number in range(3):
        drain()
        send(shipment_event(order, f"WH-{number}", "shipped", "1"))
        with CaptureQueriesContext(connection) as captured:
            assert read_exchange(order).entries
        counts.append(len(captured))

    assert counts[0] == counts[2]


ADMIN_PAGES = ["connection", "handoff", "inboundmessage", "discrepancy", "shipment"]
