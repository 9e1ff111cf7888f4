"""Invoices: issue them, and record the invoice of record."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from common.errors import IllegalTransition
from common.rows import save_columns
from common.sentences import sentence as _
from crm.actors import Actor, System
from crm.models import Partner
from sales.models import Invoice, InvoiceLine, Order, OrderLine, SalesEvent
from sales.services.billing.draft_checks import refuse_overbilling_draft
from sales.services.billing.drafted_figures import refuse_other_figures
from sales.services.billing.instalments import freeze_terms
from sales.services.billing.order_statuses import derive_statuses, save_statuses
from sales.services.billing.settlement import issued_status
from sales.services.documents.duties import refuse_if_billed_elsewhere
from sales.services.documents.locks import lock_invoice
from sales.services.documents.numbering import assign_number
from sales.services.documents.readiness import check_ready
from sales.services.documents.todays_figures import price_to_issue
from sales.services.events import record_event
from sales.services.prices.exchange_rates import freeze_exchange_rate
from sales.services.prices.pricing_input import lines_of


@transaction.atomic
def issue_invoice(invoice_id: uuid.UUID, *, actor: Actor, seen: str = "") -> Invoice:
    """Give a draft its number and date; from then on it is never changed, only credited.

    Refused while it deducts a down payment that is a draft itself, where it bills or asks ahead for
    more than its order has left, and where its figures are not those of the order it bills, or
    another system bills that. ``seen``, if given, is the hash of the figures that were shown;
    refused if they are others now.
    """
    invoice, order = lock_invoice(invoice_id)
    invoice.refuse_move_to(Invoice.Status.ISSUED, only_from=Invoice.Status.DRAFT)
    if order is not None:
        refuse_if_billed_elsewhere(order.company, actor)
    lines = lines_of(invoice)
    price_to_issue(invoice, lines, seen)
    freeze_exchange_rate(invoice)
    if order is not None and not invoice.is_credit_note:
        refuse_other_figures(order, invoice, lines)
    check_ready(invoice, lines)
    if order is not None and not invoice.is_credit_note:
        refuse_overbilling_draft(order, invoice, lines)
    day = invoice.company.today()
    invoice.move_to(
        issued_status(invoice),
        number=assign_number(invoice),
        issued_on=day,
        issued_at=timezone.now(),
        **freeze_terms(invoice, day),
        exchange_rate=invoice.exchange_rate,
        exchange_rate_on=invoice.exchange_rate_on,
    )
    if order is not None and not invoice.is_credit_note:
        _bill_quantities(order, lines)
        update_billing_status(order, invoice, actor)
    record_event(SalesEvent.Type.INVOICE_ISSUED, invoice, actor=actor)
    return invoice


@dataclass(frozen=True, slots=True)
class OfficialFigures:
    """What a system says of the invoice of record, in the invoice's currency; None is not said."""

    number: str
    status: str
    issued_on: dt.date | None = None
    tax: Decimal | None = None
    total: Decimal | None = None
    ref: str = ""
    source: str = ""
    """The code of the connection that reported the number."""


def store_official(
    invoice: Invoice, figures: OfficialFigures, *, actor: System | Partner
) -> Invoice:
    """Store the ERP's invoice of record beside ours, which is locked; twice changes nothing."""
    if invoice.is_draft:
        raise IllegalTransition(
            _("%(invoice)s is not issued yet: it has no invoice of record.", invoice=invoice)
        )
    reported = {
        "official_number": figures.number,
        "official_source": figures.source if figures.number else "",
        "official_status": figures.status,
        "official_issued_on": figures.issued_on,
        "official_tax": figures.tax,
        "official_total": figures.total,
        "official_ref": figures.ref,
    }
    changed = {
        field: value
        for field, value in reported.items()
        if value not in (None, "") and getattr(invoice, field) != value
    }
    if changed:
        invoice.change(**changed)
        record_event(
            SalesEvent.Type.INVOICE_POSTED,
            invoice,
            actor=actor,
            data={"official_number": invoice.official_number},
        )
    return invoice


def _bill_quantities(order: Order, lines: Sequence[InvoiceLine]) -> None:
    billed = {
        line.order_line_id: line.quantity
        for line in lines
        if line.order_line_id and line.bills_units
    }
    order_lines = list(
        OrderLine.objects.select_for_update(of=("self",))
        .filter(order=order, pk__in=billed)
        .order_by("pk")
    )
    for line in order_lines:
        line.drafted_quantity -= billed[line.pk]
        line.invoiced_quantity += billed[line.pk]
    save_columns(order_lines, ["drafted_quantity", "invoiced_quantity"])


def update_billing_status(order: Order, invoice: Invoice, actor: Actor) -> None:
    """Derive an order's statuses after an invoice or credit note; a change is an event."""
    lines = list(order.lines.select_related("product"))
    if save_statuses(order, derive_statuses(order, lines)):
        record_event(
            SalesEvent.Type.ORDER_PROGRESSED, order, actor=actor, data={"invoice": str(invoice)}
        )
