"""Orders for partners: create, read, and the verbs that change their status."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from rest_framework.request import Request

from api.expansions import lines, related
from api.operations import reading
from api.permissions import partner_of
from api.representations.accounts import represent_account, represent_contact
from api.representations.explanations import represent_explanation
from api.representations.invoices import represent_invoice
from api.representations.orders import represent_head, represent_line, represent_order
from api.representations.schemas import (
    ExplanationSchema,
    OrderHeadSchema,
    ResourceInvoiceSchema,
    ResourceOrderSchema,
)
from api.requests.orders import (
    ChangeInput,
    CloseInput,
    InvoiceInput,
    OrderInput,
    OrderQuery,
    ReasonInput,
    changed_head,
    changed_lines,
    new_lines,
)
from api.resources import Resource
from api.responses import json_response
from api.views.base import PartnerView, RecordView, VerbView, lists, reads, verb
from api.views.drafts import DraftsView, drafts
from api.visibility import visible_accounts
from api.writes import Written
from crm.models import Contact, Partner
from sales.models import Order
from sales.services.change_orders import Changes, change_order, close_rest
from sales.services.documents.locks import lock_order
from sales.services.order_invoices import invoice_order
from sales.services.orders import cancel_order, hold_order, release_order, submit_order

ACCOUNTS_READ = Partner.Scope.ACCOUNTS_READ
READ, WRITE = Partner.Scope.ORDERS_READ, Partner.Scope.ORDERS_WRITE
ORDERS = Resource(
    "orders",
    Order.objects.visible_to,
    represent_order,
    represent_head,
    expansions={
        "lines": lines(READ, represent_line),
        "account": related("account", ACCOUNTS_READ, visible_accounts, represent_account),
        "contact": related("contact", ACCOUNTS_READ, Contact.objects.visible_to, represent_contact),
    },
    lock=lock_order,
)


@drafts(ORDERS, Order, OrderInput, ResourceOrderSchema)
@lists(ORDERS, OrderQuery, OrderHeadSchema)
class OrderListView(DraftsView):
    """All orders that the partner may see."""

    scopes = {"GET": READ, "POST": WRITE}  # noqa: RUF012  # as in every view

    def own(self, partner: Partner) -> Mapping[str, Any]:
        """Name the partner that the order comes from."""
        return {"partner": partner}


@reads(ORDERS, ResourceOrderSchema)
class OrderView(RecordView):
    """One order."""

    scopes = {"GET": READ}  # noqa: RUF012  # as in every view


@verb(ORDERS, "submit", ResourceOrderSchema)
class SubmitView(VerbView):
    """Submit an order."""

    scopes = {"POST": WRITE}  # noqa: RUF012  # as in every view

    def act(self, pk: uuid.UUID, partner: Partner, sent: dict[str, Any]) -> Written:
        """Make a draft binding: it gets its number and is sent to other systems."""
        return _written(submit_order(pk, actor=partner))


@verb(ORDERS, "hold", ResourceOrderSchema, body=ReasonInput)
class HoldView(VerbView):
    """Put an order on hold."""

    scopes = {"POST": WRITE}  # noqa: RUF012  # as in every view

    def act(self, pk: uuid.UUID, partner: Partner, sent: dict[str, Any]) -> Written:
        """Put it on hold until it is released."""
        return _written(hold_order(pk, actor=partner, reason=sent["reason"]))


@verb(ORDERS, "release", ResourceOrderSchema)
class ReleaseView(VerbView):
    """Release an order from hold."""

    scopes = {"POST": WRITE}  # noqa: RUF012  # as in every view

    def act(self, pk: uuid.UUID, partner: Partner, sent: dict[str, Any]) -> Written:
        """Release it."""
        return _written(release_order(pk, actor=partner))


@verb(ORDERS, "cancel", ResourceOrderSchema, body=ReasonInput)
class CancelView(VerbView):
    """Cancel an order."""

    scopes = {"POST": WRITE}  # noqa: RUF012  # as in every view

    def act(self, pk: uuid.UUID, partner: Partner, sent: dict[str, Any]) -> Written:
        """Cancel it."""
        return _written(cancel_order(pk, actor=partner, reason=sent["reason"]))


@verb(ORDERS, "invoice", ResourceInvoiceSchema, body=InvoiceInput, status=HTTPStatus.CREATED)
class InvoiceOrderView(VerbView):
    """Invoice an order."""

    scopes = {"POST": Partner.Scope.INVOICES_WRITE}  # noqa: RUF012  # as in every view

    def act(self, pk: uuid.UUID, partner: Partner, sent: dict[str, Any]) -> Written:
        """Draft an invoice of what was shipped, of all that is open, or of chosen quantities."""
        quantities = sent.get("lines")
        invoice = invoice_order(pk, actor=partner, what=sent["what"], quantities=quantities)
        location = reverse("api:invoice", args=[invoice.pk])
        return Written(represent_invoice(invoice), HTTPStatus.CREATED, location, invoice.version)


@verb(ORDERS, "change", ResourceOrderSchema, body=ChangeInput)
class ChangeView(VerbView):
    """Change a submitted order."""

    scopes = {"POST": WRITE}  # noqa: RUF012  # as in every view

    def act(self, pk: uuid.UUID, partner: Partner, sent: dict[str, Any]) -> Written:
        """Take it to its next version, not under what is shipped or billed (change order)."""
        order = Order.objects.get(pk=pk)
        changes = Changes(
            lines=changed_lines(sent.get("lines", ()), order.currency),
            additions=new_lines(sent.get("add_lines", ()), order.currency, "add_lines"),
            head=changed_head(sent, order.currency),
        )
        change_order(pk, changes, actor=partner, reason=sent["reason"])
        return _written(Order.objects.get(pk=pk))


@verb(ORDERS, "close", ResourceOrderSchema, body=CloseInput)
class CloseView(VerbView):
    """Close the rest of an order."""

    scopes = {"POST": WRITE}  # noqa: RUF012  # as in every view

    def act(self, pk: uuid.UUID, partner: Partner, sent: dict[str, Any]) -> Written:
        """Cancel what is neither shipped nor billed, of all lines or of some (short close)."""
        close_rest(pk, actor=partner, reason=sent["reason"], lines=sent.get("lines"))
        return _written(Order.objects.get(pk=pk))


class ExplanationView(PartnerView):
    """How the figures of an order are worked out."""

    scopes = {"GET": READ}  # noqa: RUF012  # as in every view

    @reading("orders", ExplanationSchema, operation="explanation")
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponse:
        """Answer the steps behind each figure of the lines and of the totals."""
        return json_response(represent_explanation(ORDERS.find(partner_of(request), pk)))


def _written(order: Order) -> Written:
    return Written(represent_order(order), version=order.version)
