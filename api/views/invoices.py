"""Invoices and credit notes for partners: read, and issue."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import serializers

from api.expansions import lines, related
from api.inputs import IdField, TextField
from api.pagination import ListQuery
from api.representations.accounts import represent_account
from api.representations.invoices import represent_head, represent_invoice, represent_line
from api.representations.orders import represent_head as represent_order_head
from api.representations.schemas import InvoiceHeadSchema, ResourceInvoiceSchema
from api.resources import Resource
from api.views.base import ListView, RecordView, VerbView, lists, reads, verb
from api.visibility import visible_accounts, visible_credit_notes, visible_invoices
from api.writes import Written
from crm.models import Partner
from sales.models import Invoice, Order
from sales.services.documents.locks import lock_invoice
from sales.services.invoices import issue_invoice

READ, WRITE = Partner.Scope.INVOICES_READ, Partner.Scope.INVOICES_WRITE


def lock_one(pk: uuid.UUID) -> Invoice:
    """Lock an invoice or credit note, after its order."""
    return lock_invoice(pk)[0]


EXPANSIONS = {
    "lines": lines(READ, represent_line),
    "account": related("account", Partner.Scope.ACCOUNTS_READ, visible_accounts, represent_account),
    "order": related(
        "order", Partner.Scope.ORDERS_READ, Order.objects.visible_to, represent_order_head
    ),
}
INVOICES = Resource(
    "invoices", visible_invoices, represent_invoice, represent_head, EXPANSIONS, lock=lock_one
)
CREDIT_NOTES = Resource(
    "credit-notes", visible_credit_notes, represent_invoice, represent_head, EXPANSIONS
)


class InvoiceQuery(ListQuery):
    """Filters of invoices."""

    status = serializers.ChoiceField(choices=Invoice.Status.choices, required=False)
    account = IdField(required=False)
    order = IdField(required=False)
    number = TextField(required=False)


class CreditNoteQuery(InvoiceQuery):
    """Filters of credit notes."""

    credits = IdField(required=False)


@lists(INVOICES, InvoiceQuery, InvoiceHeadSchema)
class InvoiceListView(ListView):
    """Invoices that the partner may see."""

    scopes = {"GET": READ}  # noqa: RUF012  # as in every view


@reads(INVOICES, ResourceInvoiceSchema)
class InvoiceView(RecordView):
    """One invoice."""

    scopes = {"GET": READ}  # noqa: RUF012  # as in every view


@verb(INVOICES, "issue", ResourceInvoiceSchema)
class IssueView(VerbView):
    """Issue an invoice."""

    scopes = {"POST": WRITE}  # noqa: RUF012  # as in every view

    def act(self, pk: uuid.UUID, partner: Partner, sent: dict[str, Any]) -> Written:
        """Give a draft its number and date; it is sent to other systems."""
        invoice = issue_invoice(pk, actor=partner)
        return Written(represent_invoice(invoice), version=invoice.version)


@lists(CREDIT_NOTES, CreditNoteQuery, InvoiceHeadSchema)
class CreditNoteListView(ListView):
    """Credit notes that the partner may see."""

    scopes = {"GET": READ}  # noqa: RUF012  # as in every view


@reads(CREDIT_NOTES, ResourceInvoiceSchema)
class CreditNoteView(RecordView):
    """One credit note."""

    scopes = {"GET": READ}  # noqa: RUF012  # as in every view
