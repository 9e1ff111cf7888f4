"""Effects of a warehouse's messages about an order: its status, shipments, returns, shortages."""

from __future__ import annotations

import uuid

from common.sentences import sentence as _
from fulfilment.connectors.base import Record
from fulfilment.inbound.documents import (
    DataConflict,
    Effect,
    find_record,
    of_type,
    reports_of,
    reports_on,
    rules_for,
    sender,
    sentences,
)
from fulfilment.inbound.reported_moves import RETURN, Moves, lines_of_data
from fulfilment.inbound.schemas import IncomingMessage
from fulfilment.inbound.shortages import SHORTAGE, update_shortages
from fulfilment.models import Connection, Discrepancy
from fulfilment.services.discrepancies import NewDiscrepancy
from fulfilment.services.shipments import lines_to_ship
from fulfilment.sync.reports import Report, effective_reports
from fulfilment.sync.status_order import ORDER_STATUSES, furthest
from sales.models import Order, SalesEvent
from sales.services.documents.locks import lock_order
from sales.services.events import record_event

Kind = Discrepancy.Kind
STATUS = "warehouse.order.status"

WAREHOUSE_STATUSES: dict[str, str] = {
    Order.Fulfilment.PARTLY_SHIPPED: "part shipped",
    Order.Fulfilment.SHIPPED: "shipped",
    Order.Fulfilment.DELIVERED: "delivered",
}
"""The derived fulfilment status of an order in the warehouse's statuses, returns aside."""

ReportsByConnection = dict[uuid.UUID, list[Report]]
"""Reports by the connections that they are of."""

RETURNED = (Order.Fulfilment.PARTLY_RETURNED, Order.Fulfilment.RETURNED)


def apply_order_status(connection: Connection, message: IncomingMessage) -> Effect:
    """Store the warehouse's status of an order: the furthest since the latest correction."""
    record, order = _lock_order(connection, message)
    if order.is_cancelled:
        return Effect(
            record,
            has_changed=False,
            detail=_("%(order)s was cancelled meanwhile.", order=order),
        )
    by_connection = _read_last(connection, record, message, STATUS)
    return Effect(record, _store_status(order, connection, by_connection))


def apply_shipment(connection: Connection, message: IncomingMessage) -> Effect:
    """Merge the warehouse's reports of a shipment."""
    record, order = _lock_order(connection, message)
    _refuse_cancelled(order, connection, record, message)
    return _apply_moves(order, connection, record, message)


def apply_return(connection: Connection, message: IncomingMessage) -> Effect:
    """Merge the warehouse's reports of goods that came back."""
    record, order = _lock_order(connection, message)
    return _apply_moves(order, connection, record, message)


def apply_shortage(connection: Connection, message: IncomingMessage) -> Effect:
    """Keep what cannot be shipped where people look; they decide what becomes of the rest."""
    record, order = _lock_order(connection, message)
    by_connection = _read_last(connection, record, message, SHORTAGE)
    found, has_changed = update_shortages(order, record, by_connection)
    return Effect(record, has_changed, detail=sentences(rules_for(message, found)))


def _lock_order(connection: Connection, message: IncomingMessage) -> tuple[Record, Order]:
    record = find_record(connection, message)
    return record, lock_order(record.id)


def _refuse_cancelled(
    order: Order, connection: Connection, record: Record, message: IncomingMessage
) -> None:
    if not order.is_cancelled:
        return
    last = effective_reports(reports_of(connection, record, message, only_last=True))[-1]
    theirs = f"{message.part} {last.data['status']}"
    refusal = _("%(order)s is cancelled, but %(shipment)s.", order=order, shipment=theirs)
    raise DataConflict(
        refusal,
        NewDiscrepancy(
            connection.pk,
            Kind.STATUS,
            record,
            _("cancelled"),
            theirs,
            field=message.part,
            rule=refusal,
            report=last.id,
            report_waits=True,
        ),
    )


def _apply_moves(
    order: Order, connection: Connection, record: Record, message: IncomingMessage
) -> Effect:
    """Merge what moved, settle what follows from it, and say what of this message does not fit."""
    moves = Moves(order, connection, record, message)
    found = moves.merge()
    by_connection = _read_last(connection, record, message, SHORTAGE, STATUS)
    update_shortages(order, record, of_type(by_connection, SHORTAGE))
    has_changed = (
        _store_status(order, connection, of_type(by_connection, STATUS)) or moves.has_changed
    )
    about_it = [each for each in found if _is_about(message, each)]
    return Effect(
        record,
        has_changed,
        detail=sentences(each.rule for each in about_it),
        is_conflict=any(each.kind is Kind.QUANTITY for each in about_it),
    )


def _is_about(message: IncomingMessage, found: NewDiscrepancy) -> bool:
    """Whether a value that differs is what the message says, or of a line that it names."""
    if found.report == message.id:
        return True
    named = {str(line) for line in lines_of_data(message.data)}
    own = (message.part, message.type == RETURN)
    return (not found.part or (found.part, found.is_return) == own) and found.field in named


def _read_last(
    connection: Connection, record: Record, message: IncomingMessage, *types: str
) -> ReportsByConnection:
    """Read the reports of every connection on an order, the last of those that say the same."""
    by_connection = reports_on(connection, record, message, *types, any_part=True, only_last=True)
    return {key: reports for key, reports in by_connection.items() if reports}


def _store_status(order: Order, connection: Connection, by_connection: ReportsByConnection) -> bool:
    """Store how far the order is: by its shipments, and by what connections report of it."""
    reached = _by_goods(order)
    for reports in by_connection.values():
        for report in effective_reports(reports):
            reached = furthest(ORDER_STATUSES, reached, report.data["status"])
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


def _by_goods(order: Order) -> str:
    """Return how far the goods went in the warehouse's statuses; what came back had left."""
    if order.fulfilment_status not in RETURNED:
        return WAREHOUSE_STATUSES.get(order.fulfilment_status, "")
    sold = lines_to_ship(order).values()
    lines = [line for line in sold if line.counts and line.is_shipped_goods]
    if any(line.open_to_ship for line in lines):
        return "part shipped"
    is_delivered = all(line.delivered_quantity == line.shipped_quantity for line in lines)
    return "delivered" if is_delivered else "shipped"
