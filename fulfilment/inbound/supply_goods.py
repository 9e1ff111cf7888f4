"""Effects of a supply-chain system's deliveries and returns: shipments and returns of the order.

A document is recorded once under its number. What is more than ordered is recorded on its shipment
and counts as far as it fits, whatever comes first.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from dataclasses import replace
from decimal import Decimal
from functools import partial

from common.sentences import Sentence
from common.sentences import sentence as _
from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.inbound.documents import COUNTED, DataConflict, Effect, sender, sentences
from fulfilment.inbound.excess import ReportSource, update_excess
from fulfilment.inbound.reported_moves import left_on_hold
from fulfilment.inbound.schemas import IncomingMessage
from fulfilment.inbound.supply_documents import Posted, lock_posted
from fulfilment.inbound.supply_invoices import compare_sums
from fulfilment.models import Connection, Discrepancy, InboundMessage, Shipment
from fulfilment.services.discrepancies import (
    NewDiscrepancy,
    signed,
    update_discrepancies,
)
from fulfilment.services.order_quantities import Excess, read_quantities, update_progress
from fulfilment.services.reported_shipments import ReportedShipment, record_report, unknown_line
from sales.models import Order

Kind = Discrepancy.Kind
Direction = Shipment.Direction
DELIVERY = "supply.delivery.posted"
RETURN = "supply.return.posted"


def apply_delivery(connection: Connection, message: IncomingMessage) -> Effect:
    """Record goods that left; those of an order that is cancelled here are asked about."""
    posted = lock_posted(connection, message, "delivery")
    if posted.order.is_cancelled:
        raise _cancelled(connection, posted, message)
    return _apply(connection, message, posted, Direction.OUT)


def apply_return(connection: Connection, message: IncomingMessage) -> Effect:
    """Record goods that came back, to be delivered once more or not."""
    posted = lock_posted(connection, message, "return")
    return _apply(connection, message, posted, Direction.RETURN)


def count_goods(order: Order, connection: Connection, record: Record) -> None:
    """Count what fits of the recorded goods by now: a snapshot may have made room for more."""
    last = order.shipments.filter(source=connection.code).order_by("-id").first()
    if last is None:
        return
    quantities = read_quantities(order)
    excess = quantities.excess
    if not quantities.is_up_to_date:
        update_progress(order, last, sender(connection), quantities)
    update_excess(excess, connection, record, partial(_last_report, connection, record, None, ()))


def _apply(
    connection: Connection, message: IncomingMessage, posted: Posted, direction: Direction
) -> Effect:
    reported = _reported(posted, message, direction)
    merged = None
    if posted.lines:
        merged = record_report(posted.order, reported, actor=sender(connection))
    found = [*_unknown_lines(connection, message, posted), *_notices(connection, message, posted)]
    of_part = Discrepancy.objects.filter(
        connection=connection,
        record_id=posted.record.id,
        kind__in=(Kind.QUANTITY, Kind.STATUS),
        part=message.part,
        is_return=direction == Direction.RETURN,
    )
    update_discrepancies(of_part, found)
    last_about = partial(_last_report, connection, posted.record, message, posted.lines)
    beyond = merged.excess if merged else read_quantities(posted.order).excess
    excess = update_excess(beyond, connection, posted.record, last_about)
    compare_sums(posted.order, connection, posted.record, message.id)
    named = {str(line) for line in posted.lines}
    about_it = [*found, *(each for _excess, each in excess if each.field in named)]
    return Effect(
        posted.record,
        bool(merged and merged.has_changed),
        sentences(each.rule for each in about_it),
        is_conflict=any(each.kind is Kind.QUANTITY for each in about_it),
    )


def _reported(posted: Posted, message: IncomingMessage, direction: Direction) -> ReportedShipment:
    is_return = direction == Direction.RETURN
    return ReportedShipment(
        reference=message.part,
        direction=direction,
        status=Shipment.Status.DELIVERED if is_return else Shipment.Status.SHIPPED,
        lines={
            line: abs(sum((each["quantity"] for each in parts), Decimal(0)))
            for line, parts in posted.lines.items()
        },
        is_replaced=posted.document.get("replace", False),
        sequence=message.sequence,
        is_posted=True,
    )


def _last_report(
    connection: Connection,
    record: Record,
    message: IncomingMessage | None,
    named: Collection[uuid.UUID],
    excess: Excess,
) -> ReportSource:
    """Return the last document, by its sequence, that moves a line that way.

    ``message`` is the one at hand, and ``named`` are the lines of it.
    """
    type_, direction = DELIVERY, Direction.OUT
    if excess.is_return:
        type_, direction = RETURN, Direction.RETURN
    moved = Shipment.objects.filter(
        source=connection.code, direction=direction, lines__order_line=excess.line
    )
    last = (
        InboundMessage.objects.filter(
            connection=connection,
            root_id=record.id,
            type=type_,
            part__in=moved.values("reference"),
            result__in=COUNTED,
        )
        .order_by("-sequence", "-message_id")
        .first()
    )
    if message is not None and message.type == type_ and excess.line.pk in named:
        own = (message.sequence, message.id)
        if last is None or own > (last.sequence or 0, last.message_id):
            return ReportSource(connection.pk, message.id)
    return ReportSource(connection.pk, last.message_id if last else "")


def _cancelled(connection: Connection, posted: Posted, message: IncomingMessage) -> DataConflict:
    refusal = _(
        "%(order)s is cancelled here, but %(delivery)s was delivered.",
        order=posted.order,
        delivery=message.part,
    )
    found = _status(connection, posted, message, _("cancelled"), refusal)
    return DataConflict(refusal, replace(found, report_waits=True))


def _notices(
    connection: Connection, message: IncomingMessage, posted: Posted
) -> Iterator[NewDiscrepancy]:
    """Name what a person should know of goods that left an order on hold."""
    if message.type == DELIVERY and posted.order.is_on_hold:
        rule = left_on_hold(posted.order, message.part)
        yield _status(connection, posted, message, _("on hold"), rule)


def _status(
    connection: Connection, posted: Posted, message: IncomingMessage, ours: Sentence, rule: Sentence
) -> NewDiscrepancy:
    return NewDiscrepancy(
        connection.pk,
        Kind.STATUS,
        posted.record,
        ours,
        theirs=f"{message.part} shipped",
        part=message.part,
        rule=rule,
        report=message.id,
    )


def _unknown_lines(
    connection: Connection, message: IncomingMessage, posted: Posted
) -> Iterator[NewDiscrepancy]:
    for line in posted.unknown:
        yield NewDiscrepancy(
            connection.pk,
            Kind.QUANTITY,
            posted.record,
            ours="0",
            theirs=plain(abs(line["quantity"])),
            part=message.part,
            is_return=message.type == RETURN,
            field=line["id"],
            difference=signed(abs(line["quantity"])),
            rule=unknown_line(posted.order),
            report=message.id,
            report_waits=True,
        )
