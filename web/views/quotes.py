"""Screens of quotes."""

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

from common.formatting import format_day, format_due, format_money
from sales.models import Order, Quote
from sales.services.approval_requests import Approval, approval_of
from sales.services.documents.drafts import draft_quote
from sales.services.prices.price_refresh import PriceDrift
from sales.services.quotes import (
    accept_quote,
    activate_quote,
    cancel_quote,
    lose_quote,
    revise_quote,
)
from web.actions import run_action, run_form_action
from web.chips.documents import approval_chip, quote_chip
from web.display import Action, Actions, Chip, Column, Fact
from web.filters.documents import QuoteFilter
from web.forms.document_actions import AcceptForm, LoseQuoteForm
from web.forms.documents import NewQuoteForm, QuoteHeadForm
from web.http import RepRequest, rep_with
from web.pages.documents import common_facts, drifts_of, read_lines
from web.pages.draft_actions import approval_verbs, draft_verbs
from web.record_urls import record_url
from web.screens import Empty, ListScreen, sums_per_currency
from web.views.documents import (
    DocumentNew,
    HeadEdit,
    find_document,
    in_thirty_days,
    locked_reason,
    show_document,
)


class QuoteList(ListScreen[Quote]):
    """What we offer."""

    heading = _("Quotes")
    columns = (
        Column(_("Number")),
        Column(_("Name")),
        Column(_("Account")),
        Column(_("Status"), speaks_for_itself=True),
        Column(_("Valid until"), wide_only=True),
        Column(_("Owner"), wide_only=True),
        Column(_("Total"), "end"),
    )
    filter_class = QuoteFilter
    has_sums = True
    new_label = _("New quote")
    empty = Empty(
        "file-text",
        _("No quotes yet"),
        _("A quote is an offer: start one from an opportunity, or here."),
    )

    def records(self) -> models.QuerySet[Quote]:
        """Return the quotes the reader may see."""
        return Quote.objects.visible_to(self.person).select_related("account", "company", "owner")

    def cells(self, record: Quote) -> Sequence[object]:
        """Return number, what for, for whom, how far, until when, how much."""
        return (
            record,
            record.name,
            record.account,
            quote_chip(record),
            format_day(record.valid_until) if record.valid_until else "",
            record.owner,
            format_money(record.total, record.currency),
        )

    def sums(self, records: models.QuerySet[Quote]) -> list[str]:
        """Return the offered total per currency."""
        return sums_per_currency(records, "total")


def find(request: RepRequest, pk: uuid.UUID) -> Quote:
    """Find a quote the person may see."""
    return find_document(request, Quote.objects.all(), pk, "opportunity", "order", "revises")


@require_safe
@rep_with("sales.view_quote")
def detail(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a quote; a draft is edited right here."""
    return show(request, find(request, pk))


def show(request: RepRequest, record: Quote, *, problem: str = "", **more: Any) -> HttpResponse:
    """Show the quote's page, with the reason when a deed was refused."""
    lines, drifts = read_lines(record), drifts_of(record)
    approval = approval_of(record, lines)
    return show_document(
        request,
        record,
        "sales/quote_detail.html",
        problem,
        lines=lines,
        drifts=drifts,
        approval=approval,
        chips=chips(record, approval),
        facts=facts(record),
        verbs=Actions(verbs(request, record, approval, drifts)),
        locked="" if record.is_draft else why_locked(record),
        **more,
    )


def chips(quote: Quote, approval: Approval) -> list[Chip]:
    """Show how far the quote is."""
    shown = [quote_chip(quote)]
    if approval.needs:
        shown.append(approval_chip(approval))
    if quote.status == Quote.Status.ACTIVE and quote.valid_until:
        today = quote.company.today()
        if 0 <= (quote.valid_until - today).days <= 7:
            label = gettext("Expires %(when)s") % {"when": format_due(quote.valid_until, today)}
            shown.append(Chip(label, "warn", "clock"))
    return shown


def why_locked(quote: Quote) -> str:
    """Say why a quote is not edited, and the way on."""
    if quote.status == Quote.Status.ACTIVE:
        return gettext("This revision is with the customer. Revise it to change anything.")
    return locked_reason(quote)


def facts(quote: Quote) -> list[Fact]:
    """List what one wants to know at a glance."""
    shown = common_facts(quote)
    shown.insert(1, Fact(gettext("Valid until"), format_day(quote.valid_until)))
    if quote.accepted_by_name:
        shown.insert(0, Fact(gettext("Accepted by"), quote.accepted_by_name))
    if quote.closed_reason:
        shown.insert(0, Fact(gettext("Lost because"), quote.get_closed_reason_display()))
    return shown


def order_of(quote: Quote) -> Order | None:
    """Return the order a won quote became."""
    return getattr(quote, "order", None)


def verbs(
    request: RepRequest, quote: Quote, approval: Approval, drifts: Sequence[PriceDrift]
) -> list[Action]:
    """List what can be done with a quote now."""
    if not request.user.has_perm("sales.change_quote"):
        return []

    def address(name: str) -> str:
        return reverse(f"sales:quote-{name}", args=[quote.pk])

    lose = Action(_("Close as lost"), address("lose"), "circle-x", asks=True, dialog=True)
    cancel = Action(
        _("Cancel quote"),
        address("cancel"),
        "ban",
        tone="danger",
        confirm=gettext("Cancel this quote?"),
    )
    if quote.is_draft:
        reason = gettext("It needs approval first.") if approval.is_missing else ""
        activate = Action(_("Activate"), address("activate"), "send", reason=reason)
        edit = Action(_("Edit head"), address("edit"), "pencil", asks=True)
        deeds = draft_verbs(quote, drifts)
        return [activate, *approval_verbs(request, quote, approval), edit, *deeds, cancel]
    if quote.status == Quote.Status.ACTIVE:
        expired = quote.is_expired()
        accept = Action(
            _("Record acceptance"),
            address("accept"),
            "circle-check",
            asks=True,
            dialog=True,
            reason=gettext("It has expired: revise it first.") if expired else "",
        )
        revise = Action(_("Revise"), address("revise"), "versions")
        return [accept, revise, lose, cancel]
    order = order_of(quote)
    return (
        [Action(_("Open the order"), record_url(order), "arrow-right", asks=True)] if order else []
    )


class QuoteNew(DocumentNew[Quote]):
    """Start a quote."""

    form_class = NewQuoteForm
    save_label = _("Start quote")

    def visible(self) -> models.QuerySet[Quote]:
        """Return the quotes the person may see."""
        return Quote.objects.visible_to(self.person)

    def initial(self) -> dict[str, Any]:
        """Offer a month of validity."""
        return {"valid_until": in_thirty_days(), **super().initial()}

    def save(self, form: Any) -> Quote:
        """Draft the quote on the account's terms."""
        fields = {**form.cleaned_data, "currency": form.cleaned_data["currency"] or None}
        return draft_quote(actor=self.person, id=form.instance.pk, **fields)


class QuoteEdit(HeadEdit[Quote]):
    """Edit the head of a draft quote."""

    form_class = QuoteHeadForm

    def visible(self) -> models.QuerySet[Quote]:
        """Return the quotes the person may see."""
        return Quote.objects.visible_to(self.person)


@require_POST
@rep_with("sales.change_quote")
def activate(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Freeze the draft as a revision that can be sent."""
    quote = find(request, pk)
    return run_action(
        request,
        quote,
        lambda: activate_quote(quote.pk, actor=request.user),
        done=gettext("%(record)s is active: send it to the customer."),
        show=show,
    )


@require_POST
@rep_with("sales.change_quote")
def revise(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Supersede the quote by a new draft."""
    quote = find(request, pk)
    return run_action(
        request,
        quote,
        lambda: revise_quote(quote.pk, actor=request.user),
        done=gettext("A new draft; activating it makes the next revision."),
        show=show,
    )


@require_POST
@rep_with("sales.change_quote")
def cancel(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Take the quote back."""
    quote = find(request, pk)
    return run_action(
        request,
        quote,
        lambda: cancel_quote(quote.pk, actor=request.user),
        done=gettext("%(record)s is cancelled."),
        show=show,
    )


@rep_with("sales.change_quote")
def accept(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Record the customer's yes; it makes the order, once however often it is pressed."""
    quote = find(request, pk)
    contact = quote.contact
    known = {"name": str(contact), "email": contact.email} if contact else {}
    return run_form_action(
        request,
        quote,
        AcceptForm(request.POST or None, initial=known),
        lambda answers: accept_quote(quote.pk, actor=request.user, **answers),
        heading=gettext("Record acceptance of %(quote)s") % {"quote": quote},
        label=gettext("Accept and create the order"),
        done=gettext("Accepted. This is the order: check it and submit it."),
    )


@rep_with("sales.change_quote")
def lose(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Record that the customer said no."""
    quote = find(request, pk)
    return run_form_action(
        request,
        quote,
        LoseQuoteForm(request.POST or None),
        lambda answers: lose_quote(quote.pk, actor=request.user, **answers),
        heading=gettext("Close %(quote)s as lost") % {"quote": quote},
        label=gettext("Close as lost"),
        done=gettext("%(record)s is closed as lost."),
    )
