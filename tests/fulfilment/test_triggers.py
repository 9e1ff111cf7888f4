"""Triggers that keep payloads and attempts append-only, and shipments moving forward."""

from __future__ import annotations

from fulfilment.models import Attempt, Payload, Shipment
from fulfilment.outbound.drain import drain
from fulfilment.services.shipments import move_shipment, record_shipment
from sales.models import Order
from tests.database_assertions import refused, sql
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd


def test_refuses_to_move_a_shipment_backwards(order: Order, market: Market) -> None:
    line = order.lines.get()
    shipment = record_shipment(order.pk, actor=market.rep, lines={line.pk: line.quantity})
    move_shipment(shipment.pk, actor=market.rep, status=Shipment.Status.DELIVERED)

    with refused("fulfilment_shipment", "moves_legally"):
        Shipment.objects.filter(pk=shipment.pk).update(status="shipped")
    with refused("fulfilment_shipment", "moves_legally"):
        sql("UPDATE fulfilment_shipment SET status = 'planned'")


def test_refuses_to_change_or_delete_payloads_and_attempts(order: Order, warehouse: FarEnd) -> None:
    drain()

    with refused("fulfilment_payload", "append_only"):
        sql("DELETE FROM fulfilment_payload")
    with refused("fulfilment_attempt", "append_only"):
        sql("DELETE FROM fulfilment_attempt")
    with refused("fulfilment_payload", "append_only"):
        Payload.objects.update(body="{}")
    with refused("fulfilment_attempt", "append_only"):
        Attempt.objects.update(status_code=200)
    assert Attempt.objects.exists()
