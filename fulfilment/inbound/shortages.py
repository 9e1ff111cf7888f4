"""Shortages: what warehouses say they cannot ship of an order, until that is settled."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from common.sentences import Sentence
from common.sentences import sentence as _
from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.models import Connection, Discrepancy, Shipment, ShipmentLine
from fulfilment.services.discrepancies import NewDiscrepancy, signed, update_discrepancies
from fulfilment.sync.reports import Report, effective_reports
from sales.models import Order, OrderLine

Kind = Discrepancy.Kind
SHORTAGE = "warehouse.order.shortage"


@dataclass(frozen=True, slots=True)
class Shortage:
    """The latest word of a warehouse on one line: how much cannot be shipped, and who says so."""

    quantity: Decimal
    reason: str
    report: Report


def update_shortages(
    order: Order, record: Record, read: Mapping[uuid.UUID, Sequence[Report]]
) -> tuple[list[NewDiscrepancy], bool]:
    """Open what cannot be shipped, and close what was shipped or closed meanwhile.

    ``read`` are the reports of each connection that is short; no statement if none is. Returns
    what is open, and whether anything is or was.
    """
    by_connection = {key: effective_reports(reports) for key, reports in read.items()}
    if not by_connection:
        return [], False
    lines = {line.pk: line for line in order.lines.all()}
    found = [
        _discrepancy(key, record, pk, lines.get(pk), shortage)
        for key, reports in by_connection.items()
        for pk, shortage in _latest_reports(lines.values(), reports).items()
        if shortage.quantity and not _is_settled(lines.get(pk), shortage, _sent(order, key))
    ]
    open_now = Discrepancy.objects.filter(
        connection__in=by_connection,
        record_id=record.id,
        kind=Kind.SHORTAGE,
        resolved_at__isnull=True,
    )
    before = open_now.count()
    update_discrepancies(open_now, found)
    return found, bool(found or before)


def _latest_reports(
    lines: Collection[OrderLine], reports: Sequence[Report]
) -> dict[uuid.UUID, Shortage]:
    """Return the latest word on each line; without lines it is about all that is open."""
    found: dict[uuid.UUID, Shortage] = {}
    for report in reports:
        reason = report.data["reason"]
        for line in report.data["lines"]:
            shortage = Shortage(line["quantity"], line["reason"] or reason, report)
            found[line["order_line"]] = shortage
        if not report.data["lines"]:
            found |= {
                line.pk: Shortage(line.open_to_ship, reason, report)
                for line in lines
                if line.open_to_ship
            }
    return found


Sent = list[tuple[uuid.UUID, int, Decimal]]
"""Line, sequence of the latest report, and quantity of each shipment that left."""


def _sent(order: Order, connection_id: uuid.UUID) -> Sent:
    """Read what a connection reports as shipped."""
    left = ShipmentLine.objects.filter(
        shipment__order=order,
        shipment__direction=Shipment.Direction.OUT,
        shipment__status__in=Shipment.LEFT,
        shipment__source__in=Connection.objects.filter(pk=connection_id).values("code"),
    )
    return list(left.values_list("order_line", "shipment__report_sequence", "quantity"))


def _is_settled(line: OrderLine | None, shortage: Shortage, sent: Sent) -> bool:
    """Whether nothing of the line is open any more, by what came after the shortage.

    If all of it had been reported as shipped before, the shortage contradicts that and stays.
    """
    if line is None or line.open_to_ship:
        return False
    earlier = (
        quantity
        for pk, sequence, quantity in sent
        if pk == line.pk and sequence < shortage.report.sequence
    )
    return not line.most_shipped or sum(earlier, Decimal(0)) < line.most_shipped


def _discrepancy(
    connection_id: uuid.UUID,
    record: Record,
    key: uuid.UUID,
    line: OrderLine | None,
    shortage: Shortage,
) -> NewDiscrepancy:
    theirs = f"{plain(shortage.quantity)} {shortage.reason}".strip()
    return NewDiscrepancy(
        connection_id,
        Kind.SHORTAGE,
        record,
        ours=plain(line.open_to_ship) if line else "0",
        theirs=theirs,
        field=str(key),
        difference=signed(-shortage.quantity),
        about=line.description if line else "",
        rule=_rule(record, line, theirs),
        report=shortage.report.id,
    )


def _rule(record: Record, line: OrderLine | None, theirs: str) -> Sentence:
    if line is None:
        return _("The report names a line that %(order)s does not have.", order=record.number)
    return _("%(line)s cannot be shipped: %(quantity)s.", line=line.description, quantity=theirs)
