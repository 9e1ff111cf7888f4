"""Effects of a warehouse's messages about an order: its status, shipments, returns, shortages."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.db.models import QuerySet

from common.sentences import Sentence
from common.sentences import sentence as _
from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.inbound.documents import (
    DataConflict,
    Effect,
    find_record,
    reports_of,
    reports_on,
    sender,
    sentences,
)
from fulfilment.inbound.schemas import IncomingMessage
from fulfilment.models import Connection, Discrepancy, Shipment
from fulfilment.services.discrepancies import (
    NewDiscrepancy,
    close_conflicts,
    settle_discrepancies,
    signed,
)
from fulfilment.services.order_quantities import Excess
from fulfilment.services.reported_shipments import (
    Merged,
    Misfit,
    ReportedShipment,
    record_report,
)
from fulfilment.sync.reports import Report, in_order, largest, latest, standing
from fulfilment.sync.status_order import ORDER_STATUSES, SHIPMENT_STATUSES, furthest
from sales.models import Order, SalesEvent
from sales.services.documents.locks import lock_order
from sales.services.events import record_event

Kind = Discrepancy.Kind
STATUS = "warehouse.order.status"
NOT_DELIVERED = ("failed", "refused")
"""Words of a report for a shipment that did not arrive."""

WAREHOUSE_STATUSES: dict[str, str] = {
    Order.Fulfilment.PARTLY_SHIPPED: "part shipped",
    Order.Fulfilment.SHIPPED: "shipped",
    Order.Fulfilment.DELIVERED: "delivered",
    Order.Fulfilment.PARTLY_RETURNED: "shipped",
}
"""The derived fulfilment status of an order in the warehouse's statuses."""


def apply_order_status(connection: Connection, message: IncomingMessage) -> Effect:
    """Store the warehouse's status of an order: the furthest since the latest correction."""
    record, order = _lock_order(connection, message)
    if order.is_cancelled:
        return Effect(
            record,
            has_changed=False,
            detail=_("%(order)s was cancelled meanwhile.", order=order),
        )
    reports = standing(reports_of(connection, record, message))
    is_exact = message.is_correction and reports[0].id == message.id
    return Effect(record, _settle_status(order, connection, message, is_exact=is_exact))


def apply_shipment(connection: Connection, message: IncomingMessage) -> Effect:
    """Merge the warehouse's reports of a shipment."""
    record, order = _lock_order(connection, message)
    _refuse_cancelled(order, connection, record, message)
    said = in_order(reports_of(connection, record, message))
    reports = standing(said)
    reported = _shipment(message, reports, said)
    merged = record_report(order, reported, actor=sender(connection))
    found = [*_notices(order, connection, record, message, reports)]
    return _effect(order, connection, record, message, merged, found)


def apply_return(connection: Connection, message: IncomingMessage) -> Effect:
    """Merge the warehouse's reports of goods that came back."""
    record, order = _lock_order(connection, message)
    reports = standing(reports_of(connection, record, message))
    merged = record_report(order, _return(message, reports), actor=sender(connection))
    return _effect(order, connection, record, message, merged, [])


def apply_shortage(connection: Connection, message: IncomingMessage) -> Effect:
    """Keep what cannot be shipped where people look; they decide what becomes of the rest."""
    record, order = _lock_order(connection, message)
    reports = standing(reports_of(connection, record, message))
    lines = {line.pk: line for line in order.lines.all()}
    found = []
    for pk, (quantity, reason) in _shortages(order, reports).items():
        line = lines.get(pk)
        if quantity:
            new = NewDiscrepancy(
                connection.pk,
                Kind.SHORTAGE,
                record,
                ours=plain(line.open_to_ship) if line else "0",
                theirs=f"{plain(quantity)} {reason}".strip(),
                field=str(pk),
                difference=signed(-quantity),
                about=line.description if line else "",
            )
            found.append(new)
    before = _open(record, connection, Kind.SHORTAGE).count()
    settle_discrepancies(_open(record, connection, Kind.SHORTAGE), found)
    close_conflicts(record.id)
    detail = sentences(_cannot_ship(order, each) for each in found)
    return Effect(record, has_changed=bool(found or before), detail=detail)


def _cannot_ship(order: Order, new: NewDiscrepancy) -> Sentence:
    if not new.about:
        return _("The report names a line that %(order)s does not have.", order=order)
    return _("%(line)s cannot be shipped: %(quantity)s.", line=new.about, quantity=new.theirs)


def _lock_order(connection: Connection, message: IncomingMessage) -> tuple[Record, Order]:
    record = find_record(connection, message)
    return record, lock_order(record.id)


def _refuse_cancelled(
    order: Order, connection: Connection, record: Record, message: IncomingMessage
) -> None:
    if not order.is_cancelled:
        return
    theirs = f"{message.part} {message.data['status']}"
    raise DataConflict(
        _("%(order)s is cancelled, but %(shipment)s.", order=order, shipment=theirs),
        NewDiscrepancy(
            connection.pk, Kind.STATUS, record, _("cancelled"), theirs, field=message.part
        ),
    )


def _lines_of(report: Report) -> dict[uuid.UUID, Decimal]:
    """Return the totals of a report; a line that it names twice counts with both quantities."""
    lines: dict[uuid.UUID, Decimal] = {}
    for line in report.data["lines"]:
        lines[line["order_line"]] = lines.get(line["order_line"], Decimal(0)) + line["quantity"]
    return lines


def _status_of(report: Report) -> str:
    status: str = report.data["status"]
    return Shipment.Status.FAILED if status in NOT_DELIVERED else status


def _correction(reports: Sequence[Report]) -> int | None:
    return reports[0].sequence if reports[0].is_correction else None


def _shipment(
    message: IncomingMessage, reports: Sequence[Report], said: Sequence[Report]
) -> ReportedShipment:
    """Add up the standing reports of a shipment; a parcel is kept whatever was corrected."""
    status = _status_of(reports[0])
    for report in reports:
        status = furthest(SHIPMENT_STATUSES, status, _status_of(report))
    shown = [report.data for report in reports if _tracking(report)]
    return ReportedShipment(
        reference=message.part,
        status=status,
        lines=largest(reports, _lines_of),
        carrier=shown[-1]["carrier"] if shown else "",
        tracking=shown[-1]["tracking"] if shown else "",
        parcels={
            report.data["tracking"]: report.data["carrier"]
            for report in said
            if report.data["tracking"]
        },
        sequence=reports[-1].sequence,
        correction=_correction(reports),
    )


def _tracking(report: Report) -> str:
    return f"{report.data['carrier']}{report.data['tracking']}"


def _return(message: IncomingMessage, reports: Sequence[Report]) -> ReportedShipment:
    """Add up the standing reports of a return."""
    return ReportedShipment(
        reference=message.part,
        direction=Shipment.Direction.RETURN,
        lines=largest(reports, _lines_of),
        carrier=latest(reports, lambda report: report.data["carrier"], ""),
        tracking=latest(reports, lambda report: report.data["tracking"], ""),
        is_replaced=reports[-1].data["replace"],
        returns=latest(reports, lambda report: report.data["shipment_ref"], ""),
        sequence=reports[-1].sequence,
        correction=_correction(reports),
    )


def _shortages(order: Order, reports: Sequence[Report]) -> dict[uuid.UUID, tuple[Decimal, str]]:
    """Return the latest word on each line; without lines it is about all that is open."""
    found: dict[uuid.UUID, tuple[Decimal, str]] = {}
    for report in reports:
        for line in report.data["lines"]:
            found[line["order_line"]] = (line["quantity"], line["reason"] or report.data["reason"])
        if not report.data["lines"]:
            found |= {
                line.pk: (line.open_to_ship, report.data["reason"])
                for line in order.lines.all()
                if line.open_to_ship
            }
    return found


def _notices(
    order: Order,
    connection: Connection,
    record: Record,
    message: IncomingMessage,
    reports: Sequence[Report],
) -> Iterator[NewDiscrepancy]:
    """Name what a person should know about a shipment that was recorded as reported."""
    last = reports[-1].data
    if order.is_on_hold and furthest_of(reports) in Shipment.LEFT:
        yield NewDiscrepancy(
            connection.pk,
            Kind.STATUS,
            record,
            ours=_("on hold"),
            theirs=f"{message.part} {last['status']}",
            part=message.part,
        )
    if last["status"] in NOT_DELIVERED:
        yield NewDiscrepancy(
            connection.pk,
            Kind.FAILED,
            record,
            ours="–",
            theirs=f"{last['status']} {last['reason']}".strip(),
            part=message.part,
            about=message.part,
        )


def furthest_of(reports: Sequence[Report]) -> str:
    """Return the furthest status that standing reports of a shipment name."""
    return max((_status_of(report) for report in reports), key=SHIPMENT_STATUSES.index)


def _effect(
    order: Order,
    connection: Connection,
    record: Record,
    message: IncomingMessage,
    merged: Merged,
    notices: list[NewDiscrepancy],
) -> Effect:
    """Keep what does not fit as discrepancies, and say which lines they are about."""
    misfits = [_misfit(connection, record, message, each) for each in merged.misfits]
    excess = [_excess(connection, record, each) for each in merged.excess]
    of_part = Discrepancy.objects.filter(
        connection=connection, record_id=record.id, part=message.part
    ).exclude(part="")
    settle_discrepancies(of_part, [*misfits, *notices])
    of_lines = Discrepancy.objects.filter(record_id=record.id, kind=Kind.QUANTITY, part="")
    settle_discrepancies(of_lines, excess)
    close_conflicts(record.id)
    has_changed = merged.has_changed
    order.refresh_from_db()  # billing by the terms may have moved it on
    if merged.shipment is not None:
        is_exact = merged.shipment.corrected_sequence == message.sequence
        has_changed |= _settle_status(order, connection, message, is_exact=is_exact)
    refusals = [
        *(each.reason for each in merged.misfits),
        *(each.reason for each in merged.excess),
    ]
    detail = sentences([*refusals, *(_notice(each) for each in notices)])
    return Effect(record, has_changed, detail, is_conflict=_is_in_conflict(message, merged))


def _is_in_conflict(message: IncomingMessage, merged: Merged) -> bool:
    """Whether anything that this message reports does not fit."""
    named = {str(line["order_line"]) for line in message.data["lines"]}
    return bool(merged.misfits) or any(str(excess.line.pk) in named for excess in merged.excess)


def _notice(notice: NewDiscrepancy) -> Sentence:
    return _(
        "%(kind)s: %(ours)s, %(theirs)s.",
        kind=notice.kind.label,
        ours=notice.ours,
        theirs=notice.theirs,
    )


def _misfit(
    connection: Connection, record: Record, message: IncomingMessage, misfit: Misfit
) -> NewDiscrepancy:
    return NewDiscrepancy(
        connection.pk,
        Kind.QUANTITY,
        record,
        ours=plain(misfit.left),
        theirs=plain(misfit.quantity),
        part=message.part,
        field=str(misfit.line),
        difference=signed(misfit.quantity - misfit.left),
        about=misfit.about,
    )


def _excess(connection: Connection, record: Record, excess: Excess) -> NewDiscrepancy:
    return NewDiscrepancy(
        connection.pk,
        Kind.QUANTITY,
        record,
        ours=plain(excess.fits),
        theirs=plain(excess.reported),
        field=str(excess.line.pk),
        difference=signed(excess.reported - excess.fits),
        about=excess.line.description,
    )


def _open(
    record: Record, connection: Connection, *kinds: Discrepancy.Kind
) -> QuerySet[Discrepancy]:
    return Discrepancy.objects.filter(
        connection=connection, record_id=record.id, kind__in=kinds, resolved_at__isnull=True
    )


def _settle_status(
    order: Order, connection: Connection, message: IncomingMessage, *, is_exact: bool
) -> bool:
    """Store how far the order is: by its shipments, and by every connection's own word."""
    record = Record("order", order.pk, order.number or "")
    reached = WAREHOUSE_STATUSES.get(order.fulfilment_status, "")
    if not is_exact and order.processing_status in ORDER_STATUSES:
        reached = furthest(ORDER_STATUSES, reached, order.processing_status)
    for status in _reported_statuses(connection, record, message):
        reached = furthest(ORDER_STATUSES, reached, status)
    if reached == order.processing_status:
        return False
    order.change(processing_status=reached)
    record_event(
        SalesEvent.Type.ORDER_PROGRESSED,
        order,
        actor=sender(connection),
        data={"processing_status": reached},
    )
    return True


def _reported_statuses(
    connection: Connection, record: Record, message: IncomingMessage
) -> Iterator[str]:
    """List every connection's standing words on the order, this message's too if it is one."""
    by_connection = reports_on(connection, record, message, STATUS, any_part=True)
    for reports in by_connection.values():
        yield from (report.data["status"] for report in standing(reports))
