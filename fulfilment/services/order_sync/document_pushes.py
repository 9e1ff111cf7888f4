"""Pushes of documents: what leaves, comes back or is billed where we do that, in their words.

They change no field of the order, so that none of them tells what of ours that system knows.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils import timezone

from common.sentences import sentence as _
from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.dialects.supply_documents import (
    Goods,
    NoExactQuantity,
    SentOrder,
    write_goods,
    write_invoice,
)
from fulfilment.models import Connection, Discrepancy, ExternalRef, Shipment, SyncState
from fulfilment.services.discrepancies import NewDiscrepancy, update_discrepancies
from fulfilment.services.mappings import outward_codes
from fulfilment.services.order_quantities import shipment_snapshot
from fulfilment.services.order_sync.sync_states import ORDER, line_ids, received_lines
from fulfilment.services.order_sync.units import factors_of, restated_before
from sales.models import Invoice, Order, SalesEvent
from sales.services.billing.bundle_units import shipped_as_parts

ZERO = Decimal(0)

MOVED = {"delivered": "shipped_quantity", "returned": "returned_quantity"}
"""What they count of our shipments and returns, each with our column."""


def goods_body(connection: Connection, event: SalesEvent, order: Order) -> dict[str, Any] | None:
    """Return the data of a shipment or a return of ours; what did not leave after all is none.

    Returns None for what has not left, for what they reported themselves, and for what is no exact
    quantity in their unit, which a person is asked about. Six statements.
    """
    data = event.data["shipment"]
    shipment = Shipment.objects.get(pk=data["id"])
    goods = _goods(connection, order, shipment, data)
    return _written_goods(connection, order, _sent(connection, order), goods) if goods else None


def invoice_body(
    connection: Connection, _event: SalesEvent, invoice: Invoice
) -> dict[str, Any] | None:
    """Return the data of an invoice or a credit note of ours that is issued.

    Returns None for one that bills no order, that they issued themselves, or that is no exact
    quantity in their unit, which a person is asked about. Six statements.
    """
    order = invoice.order
    if order is None or invoice.origin == connection.code:
        return None
    return _written_invoice(connection, order, _sent(connection, order), invoice)


def documents_of(connection: Connection, order: Order) -> list[dict[str, Any]]:
    """Return all documents of an order that a connection is sent, as they are now."""
    sent, found = _sent(connection, order), list[dict[str, Any] | None]()
    if SalesEvent.Type.SHIPMENT_RECORDED in connection.event_types:
        for shipment in order.shipments.order_by("id"):
            goods = _goods(connection, order, shipment, shipment_snapshot(shipment))
            found += [_written_goods(connection, order, sent, goods)] if goods else []
    if SalesEvent.Type.INVOICE_ISSUED in connection.event_types:
        issued = order.invoices.exclude(status=Invoice.Status.DRAFT)
        invoices = issued.exclude(origin=connection.code).order_by("issued_at", "id")
        found += [_written_invoice(connection, order, sent, invoice) for invoice in invoices]
    return [{kind: each[kind] for kind in each.keys() - {"order"}} for each in found if each]


def lacks_documents(state: SyncState, order: Order) -> bool:
    """Whether they count less of a line than our documents that they are sent.

    Two statements, none for a connection that is sent no documents.
    """
    if not DOCUMENTS.keys() & set(state.connection.event_types):
        return False
    received, counted = received_lines(state), _counted(state.connection, order)
    factors, lines = factors_of(state), list(order.lines.select_related("product"))
    follow = shipped_as_parts(lines)
    return any(
        Fraction(there) * factors.get(str(line.pk), 1) < Fraction(getattr(line, column))
        for line in lines
        for name, column in counted.items()
        if line.pk not in follow or name not in MOVED
        if (there := received.get(str(line.pk), {}).get(name)) is not None
    )


def _counted(connection: Connection, order: Order) -> dict[str, str]:
    """Name what they count of a line by our documents, each with our column."""
    counted: dict[str, str] = {}
    company, sent = order.company, connection.event_types
    if company.shipped_by != connection.code and SalesEvent.Type.SHIPMENT_RECORDED in sent:
        counted |= MOVED
    if company.billed_by != connection.code and SalesEvent.Type.INVOICE_ISSUED in sent:
        counted |= {"invoiced": "invoiced_quantity", "credited": "credited_quantity"}
    return counted


def _goods(
    connection: Connection, order: Order, shipment: Shipment, data: Mapping[str, Any]
) -> Goods | None:
    is_return = shipment.direction == Shipment.Direction.RETURN
    left = is_return or data["status"] in Shipment.LEFT
    moment = shipment.shipped_at or shipment.delivered_at
    if shipment.source == connection.code or moment is None:
        return None
    return Goods(
        number=shipment.reference,
        posted_on=timezone.localdate(moment, timezone=ZoneInfo(order.company.time_zone)),
        quantities={
            line["order_line"]: Decimal(line["quantity"]) if left else ZERO
            for line in data["lines"]
        },
        is_return=is_return,
        is_replaced=shipment.is_replaced,
    )


def _written_goods(
    connection: Connection, order: Order, sent: SentOrder, goods: Goods
) -> dict[str, Any] | None:
    number, is_return = goods.number, goods.is_return
    return _written(
        connection, order, number, lambda: write_goods(sent, goods), is_return=is_return
    )


def _written_invoice(
    connection: Connection, order: Order, sent: SentOrder, invoice: Invoice
) -> dict[str, Any] | None:
    lines = list(invoice.lines.order_by("position", "id"))
    codes = outward_codes(connection, [invoice.account_id])
    customer = codes.get(invoice.account_id, invoice.account.name)
    number = invoice.number or ""
    return _written(
        connection, order, number, lambda: write_invoice(sent, invoice, lines, customer)
    )


def _written(
    connection: Connection,
    order: Order,
    number: str,
    write: Callable[[], dict[str, Any]],
    *,
    is_return: bool = False,
) -> dict[str, Any] | None:
    """Write a document; of one that is no exact quantity in their unit, a person is asked."""
    found: list[NewDiscrepancy] = []
    document = None
    try:
        document = write()
    except NoExactQuantity as error:
        found = [_no_exact_quantity(connection, order, number, error, is_return=is_return)]
    of_it = inexact_documents(connection, order.pk).filter(part=number, is_return=is_return)
    update_discrepancies(of_it, found)
    return document


def inexact_documents(connection: Connection, order_id: uuid.UUID) -> QuerySet[Discrepancy]:
    """Return what says that a document of ours is no exact quantity in their unit."""
    return Discrepancy.objects.filter(
        connection=connection, record_id=order_id, kind=Discrepancy.Kind.UNIT
    )


def _no_exact_quantity(
    connection: Connection, order: Order, number: str, error: NoExactQuantity, *, is_return: bool
) -> NewDiscrepancy:
    line = order.lines.select_related("unit").get(pk=error.line)
    state = SyncState.objects.get(connection=connection, record_type=ORDER, record_id=order.pk)
    theirs = str(received_lines(state)[error.line].get("unit") or "")
    ours = f"{plain(abs(error.quantity))} {line.unit or ''}".strip()
    return NewDiscrepancy(
        connection.pk,
        Discrepancy.Kind.UNIT,
        Record(ORDER, order.pk, order.number or ""),
        ours=ours,
        theirs=theirs,
        field=error.line,
        part=number,
        is_return=is_return,
        about=line.description,
        rule=_(
            "%(ours)s of %(document)s are no exact quantity in their unit %(theirs)s, so it is not "
            "sent to them: have the line in our unit there.",
            ours=ours,
            document=number,
            theirs=theirs,
        ),
    )


def _sent(connection: Connection, order: Order) -> SentOrder:
    keys = {"connection": connection, "record_type": ORDER, "record_id": order.pk}
    state = SyncState.objects.filter(**keys).first()
    refs = ExternalRef.objects.filter(**keys).values_list("external_id", flat=True)
    return SentOrder(
        external_id=refs.first() or "",
        number=order.number or "",
        throughline_id=order.pk,
        lots={ours: theirs for theirs, ours in line_ids(state).items()} if state else {},
        factors=_factors(state, order) if state else {},
    )


def _factors(state: SyncState, order: Order) -> dict[str, Fraction | None]:
    """Return how many of our unit make one of theirs, None where that is not known."""
    known, restated = factors_of(state), restated_before(state)
    factors: dict[str, Fraction | None] = {
        line: each for line, each in known.items() if line not in restated
    }
    for key, unit in order.lines.values_list("pk", "unit_id"):
        held = state.held.get(f"line.{key}.unit")
        if held and unit and held != str(unit):
            factors[str(key)] = None
    return factors


DOCUMENTS: Mapping[str, Callable[[Connection, SalesEvent, Any], dict[str, Any] | None]] = {
    SalesEvent.Type.SHIPMENT_RECORDED: goods_body,
    SalesEvent.Type.INVOICE_ISSUED: invoice_body,
}
"""The events with which documents are sent."""
