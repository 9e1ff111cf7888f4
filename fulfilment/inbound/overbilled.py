"""Goods that are billed and do not count as shipped any more: a report took them back.

An issued invoice is never changed: a person credits what is too much, or the goods leave later.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from decimal import Decimal

from django.db.models import F, Q, QuerySet, Sum

from common.formatting import format_quantity
from common.sentences import Sentence
from common.sentences import sentence as _
from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.inbound.reported_moves import SHIPMENT
from fulfilment.inbound.supply_goods import DELIVERY
from fulfilment.models import Connection, Discrepancy, InboundMessage, Shipment
from fulfilment.services.discrepancies import NewDiscrepancy, signed, update_discrepancies
from sales.models import (
    AnyDocument,
    Invoice,
    InvoiceLine,
    Order,
    OrderLine,
    PaymentTerms,
    SalesEvent,
)

Kind = Discrepancy.Kind
Type = SalesEvent.Type
What = Invoice.What
ZERO = Decimal(0)
TAKEN_BACK = Q(corrected_sequence__isnull=False) | Q(status=Shipment.Status.FAILED)


def update_overbilled(event: SalesEvent, document: AnyDocument) -> None:
    """Open a discrepancy for each line of which reports took back what is billed; close others.

    Two statements if more is billed than shipped of no line.
    """
    if event.type not in {Type.SHIPMENT_RECORDED, Type.INVOICE_CREDITED}:
        return
    if event.root_type != "order":
        return
    lines = list(_suspects(event.root_id))
    found = list(_overbilled(lines[0].order, lines)) if lines else []
    of_lines = Discrepancy.objects.filter(record_id=event.root_id, kind=Kind.BILLED)
    update_discrepancies(of_lines, found)


def _suspects(order_id: uuid.UUID) -> QuerySet[OrderLine]:
    """Return the goods of which more is billed than left to stay, for whatever reason."""
    lines = OrderLine.objects.select_related("order__payment_terms", "product")
    left = F("credited_quantity") + F("shipped_quantity") - F("replaced_quantity")
    return lines.filter(order=order_id, invoiced_quantity__gt=left).order_by("position")


def _overbilled(order: Order, lines: Collection[OrderLine]) -> Iterator[NewDiscrepancy]:
    """Name the lines that are billed because they left, and of which a report took some back."""
    taken_back = order.shipments.filter(TAKEN_BACK, direction=Shipment.Direction.OUT)
    shipment = taken_back.exclude(source="").order_by("source", "report_sequence").last()
    report = _report_of(shipment) if shipment is not None else None
    if shipment is None or report is None:
        return
    billed, invoices = _billed(order), _invoices_of(order)
    for line in lines:
        shipped = line.shipped_quantity - line.replaced_quantity
        beyond = billed.get(line.pk, ZERO) - shipped
        if line.is_shipped_goods and beyond > 0:
            rule = _rule(line, shipment, invoices.get(line.pk, order), shipped, beyond)
            yield _discrepancy(report, line, billed[line.pk], shipped, rule)


def _report_of(shipment: Shipment) -> InboundMessage | None:
    """Find the report that took a shipment back: the correction, or the one that it failed."""
    sequence = shipment.corrected_sequence
    if sequence is None:
        sequence = shipment.report_sequence
    messages = InboundMessage.objects.filter(
        Q(root_id=shipment.order_id) | Q(root_id__isnull=True),
        connection__in=Connection.objects.filter(code=shipment.source),
        type__in=(SHIPMENT, DELIVERY),
        part=shipment.reference,
        sequence=sequence,
    )
    return messages.order_by("message_id").last()


def _billed(order: Order) -> dict[uuid.UUID, Decimal]:
    """Add up what invoices of shipped goods bill of each line, less what is credited of it."""
    kinds = [What.SHIPPED]
    if (
        order.payment_terms
        and order.payment_terms.invoice_when == PaymentTerms.InvoiceWhen.FULFILLED
    ):
        kinds.append(What.ALL)
    issued = InvoiceLine.objects.filter(
        invoice__order=order,
        invoice__status=Invoice.Status.ISSUED,
        invoice__what__in=kinds,
        order_line__isnull=False,
    )
    is_credit = Q(invoice__credits__isnull=False)
    sums = issued.values_list("order_line").annotate(
        billed=Sum("quantity", filter=~is_credit, default=ZERO),
        credited=Sum("quantity", filter=is_credit, default=ZERO),
    )
    return {pk: billed - credited for pk, billed, credited in sums if pk is not None}


def _discrepancy(
    report: InboundMessage, line: OrderLine, billed: Decimal, shipped: Decimal, rule: Sentence
) -> NewDiscrepancy:
    order = line.order
    return NewDiscrepancy(
        report.connection_id,
        Kind.BILLED,
        Record("order", order.pk, order.number or ""),
        ours=plain(billed),
        theirs=plain(shipped),
        field=str(line.pk),
        difference=signed(shipped - billed),
        about=line.description,
        rule=rule,
        report=report.message_id,
    )


def _invoices_of(order: Order) -> dict[uuid.UUID | None, Invoice]:
    """Return the last invoice that bills each line, in one statement."""
    lines = InvoiceLine.objects.select_related("invoice").filter(
        invoice__order=order,
        invoice__status=Invoice.Status.ISSUED,
        invoice__credits__isnull=True,
        order_line__isnull=False,
    )
    return {line.order_line_id: line.invoice for line in lines.order_by("invoice_id")}


def _rule(
    line: OrderLine,
    shipment: Shipment,
    invoice: Invoice | Order,
    shipped: Decimal,
    beyond: Decimal,
) -> Sentence:
    return _(
        "%(line)s: %(shipped)s shipped since %(shipment)s was taken back, but %(beyond)s more "
        "billed. %(invoice)s stays as it is issued: make a credit note for it, unless the goods "
        "are shipped after all.",
        line=line.description,
        shipped=format_quantity(shipped),
        shipment=shipment,
        beyond=format_quantity(beyond),
        invoice=invoice,
    )
