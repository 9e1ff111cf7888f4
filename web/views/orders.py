"""Views of orders."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db import models
from django.http import HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from common.formatting import format_money
from fulfilment.models import Connection
from fulfilment.services.order_sync.sync_statuses import supply_connections, sync_of
from sales.models import Order
from sales.services.documents.drafts import draft_order
from sales.services.draft_invoices import draft_invoices
from sales.services.order_closing import close_as_seen, preview_closing
from sales.services.orders import (
    cancel_order,
    check_to_cancel,
    check_to_hold,
    hold_order,
    release_order,
    submit_order,
)
from web.actions import Preview, action, run_action, run_form_action
from web.chips.documents import billing_chip, fulfilment_chip, order_chip
from web.display import Column
from web.filters.documents import OrderFilter
from web.forms.document_actions import CancelForm, CloseForm, HoldForm
from web.forms.documents import NewOrderForm, OrderHeadForm
from web.http import RepRequest, rep_with
from web.pages.field_changes import deleted_drafts, field_changes
from web.pages.lists import Empty
from web.pages.sync import sync_cell
from web.screens import ListScreen
from web.views.documents import DocumentNew, HeadEdit, find_document, show_document

SYNC = Column(_("Sync"), needs_no_label=True)
"""The column that lists have where orders are shared with a supply-chain system."""


class OrderList(ListScreen[Order]):
    """List of orders."""

    heading = _("Orders")
    columns = (
        Column(_("Number"), unbroken=True),
        Column(_("Name"), wide_only=True),
        Column(_("Account")),
        Column(_("Order"), needs_no_label=True),
        Column(_("Fulfilment"), needs_no_label=True),
        Column(_("Billing"), needs_no_label=True),
        Column(_("Owner"), wide_only=True),
        Column(_("Total"), "end"),
    )
    filter_class = OrderFilter
    grouped_by, summed = "currency", "total"
    new_label = _("New order")
    empty = Empty(
        "clipboard-check",
        _("No orders yet"),
        _("An accepted quote becomes an order; an order without a quote starts here."),
    )

    def records(self) -> models.QuerySet[Order]:
        """Return the orders the reader may see."""
        return Order.objects.visible_to(self.person).select_related("account", "owner", "company")

    @cached_property
    def systems(self) -> list[Connection]:
        """The supply-chain systems with which orders are shared."""
        return supply_connections()

    def make_filter(self) -> OrderFilter:
        """Filter by how far orders are in supply-chain systems too, where there are any."""
        return OrderFilter(
            self.request.GET,
            queryset=self.records(),
            request=self.request,
            is_shared=bool(self.systems),
        )

    def shown_columns(self) -> Sequence[Column]:
        """Show how far orders are in supply-chain systems, where there are any."""
        return (*self.columns, SYNC) if self.systems else self.columns

    def read_beside(self, records: Sequence[Order]) -> None:
        """Read what supply-chain systems hold of the orders of a page."""
        self.found = sync_of([order.pk for order in records]) if self.systems else {}

    def cells(self, record: Order) -> Sequence[object]:
        """Return number, what, for whom, the derived chips, whose, how much, and sync."""
        submitted = record.number is not None
        sync = [sync_cell(record, self.found[record.pk], self.systems)] if self.systems else []
        return (
            record,
            record.name,
            record.account,
            order_chip(record),
            fulfilment_chip(record) if submitted else "",
            billing_chip(record) if record.is_binding else "",
            record.owner,
            format_money(record.total, record.currency),
            *sync,
        )


@require_safe
@rep_with("sales.view_order")
def detail(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Show an order; a draft is edited on its page."""
    return show_document(request, find_document(request, Order, pk))


class OrderNew(DocumentNew[Order]):
    """Start an order without a quote."""

    form_class = NewOrderForm
    draft = staticmethod(draft_order)
    save_label = _("Start order")


class OrderEdit(HeadEdit[Order]):
    """Edit the head of a draft order."""

    form_class = OrderHeadForm


@action(Order, "sales.change_order")
def submit(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Submit an order: it is binding, and sent to external systems."""
    order = find_document(request, Order, pk)
    seen = request.POST.get("seen", "")
    return run_action(
        request,
        order,
        lambda: submit_order(order.pk, actor=request.user, seen=seen),
        done=gettext("%(record)s is submitted and sent to the external systems."),
    )


@action(Order, "sales.change_order")
def release(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Release an order from hold."""
    order = find_document(request, Order, pk)
    return run_action(
        request,
        order,
        lambda: release_order(order.pk, actor=request.user),
        done=gettext("%(record)s is released."),
    )


@rep_with("sales.change_order")
def hold(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Put the order on hold, with the reason."""
    order = find_document(request, Order, pk)
    return run_form_action(
        request,
        order,
        HoldForm(request.POST or None),
        lambda answers: hold_order(order.pk, actor=request.user, **answers),
        check=lambda: check_to_hold(order),
        heading=gettext("Put %(order)s on hold") % {"order": order},
        label=gettext("Put on hold"),
        done=gettext("%(record)s is on hold."),
    )


@rep_with("sales.change_order")
def cancel(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Cancel the order."""
    order = find_document(request, Order, pk)
    return run_form_action(
        request,
        order,
        CancelForm(request.POST or None),
        lambda answers: cancel_order(order.pk, actor=request.user, **answers),
        check=lambda: check_to_cancel(order),
        heading=gettext("Cancel %(order)s") % {"order": order},
        label=gettext("Cancel the order"),
        done=gettext("%(record)s is cancelled."),
        changes=deleted_drafts(draft_invoices(order)),
    )


@rep_with("sales.change_order")
def close(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Cancel what is neither shipped nor billed of the order."""
    order = find_document(request, Order, pk)
    return run_form_action(
        request,
        order,
        CloseForm(request.POST or None),
        lambda answers: (
            close_as_seen(
                order.pk, actor=request.user, seen=request.POST.get("seen", ""), **answers
            ).order
        ),
        heading=gettext("Close the rest of %(order)s") % {"order": order},
        label=gettext("Close the rest"),
        done=gettext("The rest of %(record)s is closed; the external systems receive it."),
        summary=gettext("What is neither shipped nor billed is cancelled."),
        preview=lambda: _preview_close(request, order),
    )


def _preview_close(request: RepRequest, order: Order) -> Preview:
    """Show the drafts that closing the rest deletes, and the figures that it changes."""
    closing = preview_closing(order.pk, actor=request.user)
    changes = [*deleted_drafts(closing.drafts), *field_changes(closing.changes, order.currency)]
    return Preview(changes, closing.seen)
