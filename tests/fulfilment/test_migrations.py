from __future__ import annotations

import pgtrigger
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from fulfilment.models import Handoff, Shipment
from fulfilment.services.shipments import record_shipment
from sales.models import Order
from tests.database_assertions import history_of, sql
from tests.factories import Market


def migrate(name: str) -> None:
    sql("SET CONSTRAINTS ALL IMMEDIATE")  # a table with pending checks cannot be altered
    MigrationExecutor(connection).migrate([("fulfilment", name)])


def test_keeps_the_values_of_renamed_columns(order: Order, market: Market) -> None:
    [line] = order.lines.all()
    record_shipment(order.pk, actor=market.rep, lines={line.pk: line.quantity})
    migrate("0006_roles")
    with pgtrigger.ignore():  # triggers are of the code, and name the new columns
        sql("UPDATE fulfilment_handoff SET attempts = 4, is_taken = true")
        sql("UPDATE fulfilment_shipment SET told_sequence = 17")
        sql("UPDATE fulfilment_shipmenthistory SET told_sequence = 16")

    migrate("0007_plain_names")

    handoff, shipment = Handoff.objects.get(), Shipment.objects.get()
    assert (handoff.refusal_count, handoff.is_acknowledged) == (4, True)
    assert shipment.report_sequence == 17
    assert {row.report_sequence for row in history_of(shipment)} == {16}
