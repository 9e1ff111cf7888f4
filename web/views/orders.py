"""Screens of orders."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import models
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from common.formatting import format_day, format_day_of, format_money
from sales.models import Order, OrderLine
from sales.services.documents.drafts import draft_order
from sales.services.orders import cancel_order, hold_order, release_order, submit_order
from sales.services.prices.price_refresh import PriceDrift
from web.actions import run_action, run_form_action
from web.chips.documents import billing_chip, fulfilment_chip, order_chip
from web.display import Action, Actions, Column, Fact, Link
from web.filters.documents import OrderFilter
from web.forms.document_actions import CancelForm, HoldForm
from web.forms.documents import NewOrderForm, OrderHeadForm
from web.http import RepRequest, rep_with
from web.pages.documents import common_facts, drifts_of, read_lines
from web.pages.draft_actions import draft_verbs, lock_verbs
from web.record_urls import record_url
from web.screens import Empty, ListScreen, sums_per_currency
from web.views.documents import DocumentNew, HeadEdit, find_document, locked_reason, show_document


class OrderList(ListScreen[Order]):
    """What customers ordered."""

    heading = _("Orders")
    columns = (
        Column(_("Number")),
        Column(_("Name"), wide_only=True),
        Column(_("Account")),
        Column(_("Order"), speaks_for_itself=True),
        Column(_("Fulfilment"), speaks_for_itself=True),
        Column(_("Billing"), speaks_for_itself=True),
        Column(_("Owner"), wide_only=True),
        Column(_("Total"), "end"),
    )
    filter_class = OrderFilter
    has_sums = True
    new_label = _("New order")
    empty = Empty(
        "clipboard-check",
        _("No orders yet"),
        _("An accepted quote becomes an order; an order without a quote starts here."),
    )

    def records(self) -> models.QuerySet[Order]:
        """Return the orders the reader may see."""
        return Order.objects.visible_to(self.person).select_related("account", "owner")

    def cells(self, record: Order) -> Sequence[object]:
        """Return number, what, for whom, the three derived chips, how much."""
        submitted = record.number is not None
        return (
            record,
            record.name,
            record.account,
            order_chip(record),
            fulfilment_chip(record) if submitted else "",
            billing_chip(record) if submitted else "",
            record.owner,
            format_money(record.total, record.currency),
        )

    def sums(self, records: models.QuerySet[Order]) -> list[str]:
        """Return the ordered total per currency."""
        return sums_per_currency(records, "total")


def find(request: RepRequest, pk: uuid.UUID) -> Order:
    """Find an order the person may see."""
    return find_document(request, Order.objects.all(), pk, "quote", "opportunity")


@require_safe
@rep_with("sales.view_order")
def detail(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Show an order with its four chips; a draft is edited right here."""
    return show(request, find(request, pk))


def show(request: RepRequest, record: Order, *, problem: str = "", **more: Any) -> HttpResponse:
    """Show the order's page, with the reason when a deed was refused."""
    lines, drifts = read_lines(record), drifts_of(record)
    return show_document(
        request,
        record,
        "sales/order_detail.html",
        problem,
        lines=lines,
        drifts=drifts,
        chips=chips(record),
        facts=facts(record),
        verbs=Actions(verbs(request, record, lines, drifts)),
        invoices=record.invoices.prefetch_related("instalments").order_by("id"),
        locked=why_locked(record),
        **more,
    )


def chips(order: Order) -> list[object]:
    """Show how far the order is itself, in fulfilment and in billing."""
    if order.number is None:
        return [order_chip(order)]
    return [order_chip(order), fulfilment_chip(order), billing_chip(order)]


def why_locked(order: Order) -> str:
    """Say why an order, or its prices, are not edited, and the way on."""
    if order.is_draft and order.prices_locked:
        if order.quote is None:
            return gettext("The prices are locked: they stay as they are, whatever the lists say.")
        return gettext("The prices were agreed in %(quote)s and stay until they are unlocked.") % {
            "quote": order.quote
        }
    if order.is_on_hold:
        return gettext("On hold: %(reason)s") % {"reason": order.hold_reason}
    if order.status == Order.Status.CANCELLED:
        return gettext("Cancelled: %(reason)s") % {"reason": order.cancelled_reason}
    return ""


def facts(order: Order) -> list[Fact]:
    """List what one wants to know at a glance."""
    shown = common_facts(order)
    if order.requested_on:
        shown.insert(1, Fact(gettext("Requested delivery"), format_day(order.requested_on)))
    if order.quote is not None:
        shown.insert(1, Fact(gettext("Quote"), Link(str(order.quote), record_url(order.quote))))
    if order.submitted_at:
        shown.insert(1, Fact(gettext("Submitted"), format_day_of(order.submitted_at)))
    if order.processing_status:
        shown.append(Fact(gettext("Warehouse says"), order.processing_status))
    return shown


def verbs(
    request: RepRequest,
    order: Order,
    lines: Sequence[OrderLine],
    drifts: Sequence[PriceDrift],
) -> list[Action]:
    """List what can be done with an order now."""
    if not request.user.has_perm("sales.change_order"):
        return []

    def address(name: str) -> str:
        return reverse(f"sales:order-{name}", args=[order.pk])

    started = any(line.shipped_quantity or line.billed for line in lines)
    cancel = Action(
        _("Cancel order"),
        address("cancel"),
        "ban",
        asks=True,
        dialog=True,
        tone="danger",
        reason=gettext("Part of it is shipped or billed.") if started else "",
    )
    if order.is_draft:
        edit = Action(_("Edit head"), address("edit"), "pencil", asks=True)
        deeds = [*draft_verbs(order, drifts), *lock_verbs(request, order)]
        return [Action(_("Submit"), address("submit"), "send"), edit, *deeds, cancel]
    if order.status not in {Order.Status.SUBMITTED, Order.Status.COMPLETED}:
        return []
    change = Action(_("Change order"), address("change"), "edit", asks=True, aside=True)
    deeds = [_invoice_verb(order, lines, address("invoice")), change]
    if order.status == Order.Status.SUBMITTED:
        hold = Action(_("Put on hold"), address("hold"), "player-pause", asks=True, dialog=True)
        deeds += [hold, cancel]
    if order.is_on_hold:
        release = Action(_("Release"), address("release"), "player-play")
        deeds = [release, deeds[0], change, cancel]
    return deeds


def _invoice_verb(order: Order, lines: Sequence[OrderLine], address: str) -> Action:
    open_to_bill = any(line.counts and line.open_to_bill > 0 for line in lines)
    reason = "" if open_to_bill else gettext("Everything is invoiced, or on a draft.")
    return Action(_("Create invoice"), address, "receipt", asks=True, reason=reason)


class OrderNew(DocumentNew[Order]):
    """Start an order without a quote."""

    form_class = NewOrderForm
    save_label = _("Start order")

    def visible(self) -> models.QuerySet[Order]:
        """Return the orders the person may see."""
        return Order.objects.visible_to(self.person)

    def save(self, form: Any) -> Order:
        """Draft the order on the account's terms."""
        fields = {**form.cleaned_data, "currency": form.cleaned_data["currency"] or None}
        return draft_order(actor=self.person, id=form.instance.pk, **fields)


class OrderEdit(HeadEdit[Order]):
    """Edit the head of a draft order."""

    form_class = OrderHeadForm

    def visible(self) -> models.QuerySet[Order]:
        """Return the orders the person may see."""
        return Order.objects.visible_to(self.person)

    def why_not(self, record: Order) -> str:
        """Only drafts are edited."""
        return "" if record.is_draft else locked_reason(record)


@require_POST
@rep_with("sales.change_order")
def submit(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Make the order binding; it leaves for the other systems."""
    order = find(request, pk)
    return run_action(
        request,
        order,
        lambda: submit_order(order.pk, actor=request.user),
        done=gettext("%(record)s is submitted and on its way to the other systems."),
        show=show,
    )


@require_POST
@rep_with("sales.change_order")
def release(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Let an order on hold go on."""
    order = find(request, pk)
    return run_action(
        request,
        order,
        lambda: release_order(order.pk, actor=request.user),
        done=gettext("%(record)s goes on."),
        show=show,
    )


@rep_with("sales.change_order")
def hold(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Stop the order where it stands."""
    order = find(request, pk)
    return run_form_action(
        request,
        order,
        HoldForm(request.POST or None),
        lambda answers: hold_order(order.pk, actor=request.user, **answers),
        heading=gettext("Put %(order)s on hold") % {"order": order},
        label=gettext("Put on hold"),
        done=gettext("%(record)s is on hold."),
    )


@rep_with("sales.change_order")
def cancel(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Cancel the order."""
    order = find(request, pk)
    return run_form_action(
        request,
        order,
        CancelForm(request.POST or None),
        lambda answers: cancel_order(order.pk, actor=request.user, **answers),
        heading=gettext("Cancel %(order)s") % {"order": order},
        label=gettext("Cancel the order"),
        done=gettext("%(record)s is cancelled."),
    )
