"""Effects of inbound messages; each runs in the transaction that stores its message."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from common.errors import DomainError
from crm.actors import System
from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.inbound.schemas import IncomingMessage
from fulfilment.models import Connection, Discrepancy, ExternalRef
from fulfilment.services.discrepancies import (
    NewDiscrepancy,
    close_agreed,
    open_discrepancies,
    signed,
)
from fulfilment.services.shipments import ShipmentReport, merge_report
from fulfilment.sync.status_order import INVOICE_STATUSES, ORDER_STATUSES, furthest
from sales.models import Invoice, Order, SalesEvent
from sales.pricing.errors import QuantityNotAllowed
from sales.services.errors import OverShipped, ReferenceTaken
from sales.services.events import record_event
from sales.services.invoices import lock_invoice, record_official_invoice
from sales.services.orders import lock_order
from sales.services.payments import record_payment

Kind = Discrepancy.Kind


class UnknownDocument(Exception):
    """The message is about a document that does not exist, or not yet."""


class DataConflict(DomainError):
    """The message contradicts our data; a person decides its ``discrepancies``."""

    code = "data_conflict"

    def __init__(self, message: str, *discrepancies: NewDiscrepancy) -> None:
        super().__init__(message)
        self.discrepancies = discrepancies


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of a message: on which document, whether it changed anything, and a remark."""

    record: Record
    has_changed: bool
    detail: str = ""


ApplyEffect = Callable[[Connection, IncomingMessage], Effect]


def apply_order_status(connection: Connection, message: IncomingMessage) -> Effect:
    """Store the warehouse's status of an order, if it is further than the one before."""
    order = lock_order(_find(Order, message.data["order"]))
    record = Record("order", order.pk, order.number or "")
    if order.status == Order.Status.CANCELLED:
        return Effect(
            record,
            has_changed=False,
            detail=gettext("%(order)s was cancelled meanwhile.") % {"order": order},
        )
    has_changed = _advance_status(order, message.data["status"], connection)
    return Effect(record, has_changed)


def apply_shipment(connection: Connection, message: IncomingMessage) -> Effect:
    """Merge the warehouse's report of a shipment."""
    order = lock_order(_find(Order, message.data["order"]))
    record = Record("order", order.pk, order.number or "")
    report = _report(message)
    if order.status == Order.Status.CANCELLED:
        theirs = f"{report.reference} {report.status}"
        raise DataConflict(
            gettext("%(order)s is cancelled, but %(shipment)s.")
            % {"order": order, "shipment": theirs},
            NewDiscrepancy(
                connection.pk, Kind.STATUS, record, "cancelled", theirs, report.reference
            ),
        )
    try:
        _, has_changed = merge_report(order, report, actor=_actor(connection))
    except OverShipped as error:
        found = _quantity(connection, record, error, ours=error.ordered, theirs=error.shipped)
        raise DataConflict(str(error), found) from error
    except QuantityNotAllowed as error:
        line = order.lines.get(pk=error.line or "")
        shipped = report.lines[line.pk]
        found = _quantity(connection, record, error, ours=line.open_to_ship, theirs=shipped)
        raise DataConflict(str(error), found) from error
    order.refresh_from_db()  # billing by the terms may have moved it on
    status = WAREHOUSE_STATUSES.get(order.fulfilment_status)
    if status is not None:
        has_changed |= _advance_status(order, status, connection)
    return Effect(record, has_changed)


def _quantity(
    connection: Connection, record: Record, error: DomainError, *, ours: Decimal, theirs: Decimal
) -> NewDiscrepancy:
    return NewDiscrepancy(
        connection.pk,
        Kind.QUANTITY,
        record,
        ours=plain(ours),
        theirs=plain(theirs),
        field=error.line or "",
        difference=signed(theirs - ours),
    )


WAREHOUSE_STATUSES: dict[str, str] = {
    Order.Fulfilment.PARTLY_SHIPPED: "part shipped",
    Order.Fulfilment.SHIPPED: "shipped",
    Order.Fulfilment.DELIVERED: "delivered",
    Order.Fulfilment.PARTLY_RETURNED: "shipped",
}
"""The derived fulfilment status of an order in the warehouse's statuses."""


def apply_posted_invoice(connection: Connection, message: IncomingMessage) -> Effect:
    """Store the invoice of record beside ours, and open a discrepancy where they differ."""
    invoice, record = _lock_invoice(message)
    data = message.data
    tax = _amount(invoice, data["tax"], connection, record)
    total = _amount(invoice, data["total"], connection, record)
    _check_same_number(invoice, data["official_number"], connection, record)
    before = invoice.version
    invoice = record_official_invoice(
        invoice.pk,
        actor=_actor(connection),
        official_number=data["official_number"],
        status=furthest(INVOICE_STATUSES, invoice.official_status, data["status"]),
        issued_on=data["issued_on"],
        tax=tax,
        total=total,
        ref=_reference(connection, record),
    )
    detail = _compare(connection, record, invoice, tax=tax, total=total)
    return Effect(record, has_changed=invoice.version != before, detail=detail)


def apply_payment(connection: Connection, message: IncomingMessage) -> Effect:
    """Record a payment that the ERP received, once per reference."""
    invoice, record = _lock_invoice(message)
    data = message.data
    amount = _amount(invoice, data["amount"], connection, record)
    _check_same_number(invoice, data["official_number"], connection, record)
    before = invoice.version
    invoice = record_official_invoice(
        invoice.pk,
        actor=_actor(connection),
        official_number=data["official_number"],
        status=furthest(INVOICE_STATUSES, invoice.official_status, data["status"]),
        ref=_reference(connection, record),
    )
    detail = _pay(connection, record, invoice, amount, data)
    invoice.refresh_from_db(fields=["version"])
    return Effect(record, has_changed=invoice.version != before, detail=detail)


EFFECTS: dict[str, ApplyEffect] = {
    "warehouse.order.status": apply_order_status,
    "warehouse.shipment.reported": apply_shipment,
    "erp.invoice.posted": apply_posted_invoice,
    "erp.invoice.paid": apply_payment,
}


def _pay(
    connection: Connection,
    record: Record,
    invoice: Invoice,
    amount: Decimal,
    data: dict[str, Any],
) -> str:
    """Record the payment; one that is refused opens a discrepancy, and a repeat does nothing."""
    try:
        with transaction.atomic():
            record_payment(
                invoice.pk,
                actor=_actor(connection),
                amount=amount,
                received_on=data["paid_on"],
                reference=data["payment_ref"],
                method=connection.name[:30],
            )
    except DomainError as error:
        ours = error.recorded if isinstance(error, ReferenceTaken) else invoice.outstanding
        open_discrepancies(
            [
                NewDiscrepancy(
                    connection.pk,
                    Kind.PAYMENT,
                    record,
                    ours=plain(ours),
                    theirs=plain(amount),
                    field=data["payment_ref"],
                    difference=signed(amount - ours),
                )
            ]
        )
        return str(error)
    return ""


def _compare(
    connection: Connection, record: Record, invoice: Invoice, *, tax: Decimal, total: Decimal
) -> str:
    """Open a discrepancy for each figure that differs by more than the connection tolerates."""
    found = []
    for kind, ours, theirs in (
        (Kind.INVOICE_TAX, invoice.tax, tax),
        (Kind.INVOICE_TOTAL, invoice.total, total),
    ):
        if abs(theirs - ours) > _tolerance(connection, kind):
            difference = signed(theirs - ours)
            found.append(
                NewDiscrepancy(
                    connection.pk, kind, record, plain(ours), plain(theirs), difference=difference
                )
            )
        else:
            close_agreed(kind, connection.pk, record)
    open_discrepancies(found)
    return " ".join(
        gettext("%(kind)s by %(difference)s.")
        % {"kind": each.kind.label, "difference": each.difference}
        for each in found
    )


def _tolerance(connection: Connection, kind: Discrepancy.Kind) -> Decimal:
    return Decimal(str(connection.config.get("tolerance", {}).get(kind.value, "0")))


def _advance_status(order: Order, status: str, connection: Connection) -> bool:
    current = order.processing_status if order.processing_status in ORDER_STATUSES else ""
    reached = furthest(ORDER_STATUSES, current, status)
    if reached == order.processing_status:
        return False
    order.change(processing_status=reached)
    record_event(
        SalesEvent.Type.ORDER_PROGRESSED,
        order,
        actor=_actor(connection),
        data={"processing_status": reached},
    )
    return True


def _report(message: IncomingMessage) -> ShipmentReport:
    data = message.data
    lines: dict[uuid.UUID, Decimal] = {}
    for line in data["lines"]:
        lines[line["order_line"]] = lines.get(line["order_line"], Decimal(0)) + line["quantity"]
    return ShipmentReport(
        reference=data["shipment_ref"],
        status=data["status"],
        lines=lines,
        carrier=data["carrier"],
        tracking=data["tracking"],
        sequence=message.sequence,
    )


def _find(model: type[Order | Invoice], number: str) -> uuid.UUID:
    pk: uuid.UUID | None = (
        model._default_manager.filter(number=number).values_list("pk", flat=True).first()
    )
    if pk is None:
        raise UnknownDocument(number)
    return pk


def _lock_invoice(message: IncomingMessage) -> tuple[Invoice, Record]:
    invoice, _ = lock_invoice(_find(Invoice, message.data["invoice"]))
    return invoice, Record("invoice", invoice.pk, invoice.number or "")


def _amount(
    invoice: Invoice, money: dict[str, Any], connection: Connection, record: Record
) -> Decimal:
    if money["currency"] != invoice.currency:
        raise DataConflict(
            gettext("%(invoice)s is in %(currency)s, not %(reported)s.")
            % {
                "invoice": invoice,
                "currency": invoice.currency,
                "reported": money["currency"],
            },
            NewDiscrepancy(
                connection.pk,
                Kind.FIELD,
                record,
                ours=invoice.currency,
                theirs=money["currency"],
                field="currency",
            ),
        )
    amount: Decimal = money["amount"]
    return amount


def _check_same_number(
    invoice: Invoice, official_number: str, connection: Connection, record: Record
) -> None:
    if invoice.official_number in {"", official_number}:
        return
    raise DataConflict(
        gettext("%(invoice)s is %(number)s in %(connection)s, not %(reported)s.")
        % {
            "invoice": invoice,
            "number": invoice.official_number,
            "connection": connection,
            "reported": official_number,
        },
        NewDiscrepancy(
            connection.pk,
            Kind.REFERENCE,
            record,
            ours=invoice.official_number,
            theirs=official_number,
            field="official_number",
        ),
    )


def _reference(connection: Connection, record: Record) -> str:
    ref = ExternalRef.objects.filter(
        connection=connection, record_type=record.type, record_id=record.id
    ).first()
    return ref.external_id if ref else ""


def _actor(connection: Connection) -> System:
    return System(connection.name, connection.code)
