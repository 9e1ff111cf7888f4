from __future__ import annotations

import pgtrigger

from fulfilment.services.shipments import record_shipment
from sales.models import Order
from tests.database_assertions import migrate, rows, sql
from tests.factories import Market


def test_keeps_the_values_of_renamed_columns(order: Order, market: Market) -> None:
    [line] = order.lines.all()
    record_shipment(order.pk, actor=market.rep, lines={line.pk: line.quantity})
    migrate("fulfilment", "0006_roles")
    with pgtrigger.ignore():  # triggers are of the code, and name the new columns
        sql("UPDATE fulfilment_handoff SET attempts = 4, is_taken = true")
        sql("UPDATE fulfilment_shipment SET told_sequence = 17")
        sql("UPDATE fulfilment_shipmenthistory SET told_sequence = 16")

    migrate("fulfilment", "0007_plain_names")

    assert rows("SELECT refusal_count, is_acknowledged FROM fulfilment_handoff") == {(4, True)}
    assert rows("SELECT report_sequence FROM fulfilment_shipment") == {(17,)}
    assert rows("SELECT report_sequence FROM fulfilment_shipmenthistory") == {(16,)}
