"""Draft invoices: find those of an order, and delete them."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext

from common.rows import save_columns
from crm.actors import Actor
from sales.models import Invoice, Order, OrderLine, SalesEvent
from sales.models.order_units import RETURNED_SPLIT
from sales.services.billing.down_payments import refuse_overdrawn
from sales.services.documents.locks import lock_invoice
from sales.services.errors import NotDraft
from sales.services.events import record_event
from sales.services.invoices import update_billing_status


@transaction.atomic
def delete_draft_invoice(invoice_id: uuid.UUID, *, actor: Actor) -> None:
    """Delete a draft: what it would have billed may be billed again, and no number is used up."""
    invoice, order = lock_invoice(invoice_id)
    if not invoice.is_draft:
        raise NotDraft(
            gettext("%(invoice)s is issued and cannot be deleted: make a credit note instead.")
            % {"invoice": invoice}
        )
    drop_draft(invoice, actor=actor)
    if order is not None:
        refuse_overdrawn(order)
        update_billing_status(order, invoice, actor)


def drop_draft(invoice: Invoice, *, actor: Actor) -> None:
    """Free what a draft would have billed and delete it; its order's statuses are yet to derive."""
    billed = {
        line.order_line_id: line.quantity
        for line in invoice.lines.all()
        if line.order_line_id and line.bills_units
    }
    order_lines = list(
        OrderLine.objects.select_for_update(of=("self",))
        .select_related("product")
        .filter(pk__in=billed)
    )
    for line in order_lines:
        line.split_returned(line.units.undrafted(billed[line.pk]))
        line.drafted_quantity -= billed[line.pk]
    save_columns(order_lines, ["drafted_quantity", *RETURNED_SPLIT])
    record_event(SalesEvent.Type.INVOICE_DRAFT_DELETED, invoice, actor=actor)
    invoice.delete()


def draft_invoices(order: Order) -> list[Invoice]:
    """Return what is drafted for an order, down payments and milestones included."""
    return list(order.invoices.filter(status=Invoice.Status.DRAFT).order_by("id"))


def drafts_of_unshipped(order: Order, lines: Collection[uuid.UUID] | None) -> list[Invoice]:
    """Return the draft invoices that bill units which did not leave, of all lines or of some.

    Closing what is open deletes them: until it is issued, a draft keeps nothing ordered.
    """
    sold = order.lines.select_related("product").filter(drafted_quantity__gt=0)
    unshipped = [
        line.pk
        for line in sold
        if line.units.billed_unshipped and (lines is None or line.pk in lines)
    ]
    drafts = order.invoices.filter(status=Invoice.Status.DRAFT, lines__order_line__in=unshipped)
    return list(drafts.distinct().order_by("id")) if unshipped else []
