"""Shipments as an external system reports them: what fits is recorded, the rest returned."""

from __future__ import annotations

import uuid
from decimal import Decimal

from crm.actors import System
from fulfilment.models import Shipment
from fulfilment.services.reported_shipments import Merged, ReportedShipment, record_report
from sales.models import Order, SalesEvent
from sales.services.documents.locks import lock_order

WAREHOUSE = System("Warehouse", "warehouse")


def report(order: Order, quantity: str, status: str = "shipped", **more: object) -> Merged:
    lines = {order.lines.get().pk: Decimal(quantity)}
    reported = ReportedShipment(reference="WH-1", status=status, **{"lines": lines, **more})  # type: ignore[arg-type]  # a test's own values
    return record_report(lock_order(order.pk), reported, actor=WAREHOUSE)


def test_records_nothing_twice(order: Order) -> None:
    assert report(order, "4").has_changed
    assert not report(order, "4").has_changed

    assert SalesEvent.objects.filter(type="shipment.recorded").count() == 1


def test_records_no_shipment_if_no_line_fits(order: Order) -> None:
    unknown = uuid.uuid4()

    merged = report(order, "0", lines={unknown: Decimal(2)})

    assert (merged.shipment, merged.has_changed) == (None, False)
    [line] = merged.unrecorded
    assert line.line == unknown
    assert [line.quantity, line.left] == [2, 0]
    assert str(line.reason) == (
        f"The report names a line that {order} does not have: nothing is recorded of it."
    )
    assert not Shipment.objects.exists()


def test_records_the_lines_that_fit_beside_one_that_does_not(order: Order) -> None:
    known, unknown = order.lines.get().pk, uuid.uuid4()

    merged = report(order, "0", lines={unknown: Decimal(2), known: Decimal(3)})

    assert merged.shipment is not None
    assert merged.shipment.lines.get().quantity == 3
    assert len(merged.unrecorded) == 1


def test_records_no_part_of_a_whole_unit(order: Order) -> None:
    merged = report(order, "1.5")

    assert (merged.shipment, merged.has_changed) == (None, False)
    [line] = merged.unrecorded
    assert (line.quantity, line.left) == (Decimal("1.5"), order.lines.get().quantity)
    assert "This product is sold in whole units: enter 1 or 2 instead of 1.5" in str(line.reason)
    assert order.lines.get().shipped_quantity == 0


def test_a_correction_is_applied_once(order: Order) -> None:
    report(order, "8", "delivered")

    corrected = report(order, "0", "packed", correction=5)
    grown = report(order, "2", "shipped", correction=5)

    assert (corrected.has_changed, grown.has_changed) == (True, True)
    shipment = Shipment.objects.get()
    assert (shipment.status, shipment.corrected_sequence) == ("shipped", 5)
    assert shipment.lines.get().quantity == 2
