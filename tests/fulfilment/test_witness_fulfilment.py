"""The database keeps what was sent, what came back, and how far a shipment is."""

from __future__ import annotations

from fulfilment.models import Attempt, Payload, Shipment
from fulfilment.outbound.drain import drain
from fulfilment.services.shipments import move_shipment, record_shipment
from sales.models import Order
from tests.database_assertions import refused, sql
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd


def test_a_shipment_never_goes_back(order: Order, market: Market) -> None:
    line = order.lines.get()
    shipment = record_shipment(order.pk, actor=market.rep, lines={line.pk: line.quantity})
    move_shipment(shipment.pk, actor=market.rep, status=Shipment.Status.DELIVERED)

    with refused("fulfilment_shipment", "moves_legally"):
        Shipment.objects.filter(pk=shipment.pk).update(status="shipped")
    with refused("fulfilment_shipment", "moves_legally"):
        sql("UPDATE fulfilment_shipment SET status = 'planned'")


def test_what_was_sent_and_what_came_back_stay_written(order: Order, warehouse: FarEnd) -> None:
    drain()

    for table in (Payload._meta.db_table, Attempt._meta.db_table):
        with refused(table, "append_only"):
            sql(f"DELETE FROM {table}")
    with refused("fulfilment_payload", "append_only"):
        Payload.objects.update(body="{}")
    with refused("fulfilment_attempt", "append_only"):
        Attempt.objects.update(status_code=200)
    assert Attempt.objects.exists()
