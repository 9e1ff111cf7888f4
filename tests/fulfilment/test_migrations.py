from __future__ import annotations

import pgtrigger

from fulfilment.services.shipments import record_shipment
from sales.models import Order
from sales.services.orders import hold_order, release_order
from tests.database_assertions import migrate, rows, sql
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, submitted_order


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


def test_marks_the_handoff_that_holds_up_a_blocked_lane(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    hold_order(order.pk, actor=market.rep, reason="Credit check")
    release_order(order.pk, actor=market.rep)
    other = submitted_order(market)
    migrate("fulfilment", "0015_roles")
    sql("UPDATE fulfilment_handoff SET state = 'needs_attention' WHERE position < 3")
    sql("UPDATE fulfilment_lane SET is_blocked = true WHERE root_id = %s", order.pk)

    migrate("fulfilment", "0016_held_lanes")

    held = "SELECT position, root_id FROM fulfilment_handoff JOIN fulfilment_lane lane"
    assert rows(f"{held} ON lane.id = lane_id WHERE holds_lane") == {(2, order.pk)}
    assert other.pk != order.pk
