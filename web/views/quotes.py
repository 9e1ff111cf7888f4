"""Views of quotes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import models
from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from common.formatting import format_day, format_money
from sales.models import Quote
from sales.services.documents.drafts import draft_quote
from sales.services.quotes import (
    accept_quote,
    activate_quote,
    cancel_quote,
    lose_quote,
    revise_quote,
)
from web.actions import action, run_action, run_form_action
from web.chips.documents import quote_chip
from web.display import Column
from web.filters.documents import QuoteFilter
from web.forms.document_actions import AcceptForm, LoseQuoteForm
from web.forms.documents import NewQuoteForm, QuoteHeadForm
from web.http import RepRequest, rep_with
from web.pages.lists import Empty
from web.screens import ListScreen
from web.views.documents import (
    DocumentNew,
    HeadEdit,
    find_document,
    in_thirty_days,
    show_document,
)


class QuoteList(ListScreen[Quote]):
    """List of quotes."""

    heading = _("Quotes")
    columns = (
        Column(_("Number"), unbroken=True),
        Column(_("Name")),
        Column(_("Account")),
        Column(_("Status"), needs_no_label=True),
        Column(_("Valid until"), wide_only=True),
        Column(_("Owner"), wide_only=True),
        Column(_("Total"), "end"),
    )
    filter_class = QuoteFilter
    grouped_by, summed = "currency", "total"
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


@require_safe
@rep_with("sales.view_quote")
def detail(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a quote; a draft is edited on its page."""
    return show_document(request, find_document(request, Quote, pk))


class QuoteNew(DocumentNew[Quote]):
    """Start a quote."""

    form_class = NewQuoteForm
    draft = staticmethod(draft_quote)
    save_label = _("Start quote")

    def initial(self) -> dict[str, Any]:
        """Offer a month of validity."""
        return {"valid_until": in_thirty_days(), **super().initial()}


class QuoteEdit(HeadEdit[Quote]):
    """Edit the head of a draft quote."""

    form_class = QuoteHeadForm


@action(Quote, "sales.change_quote")
def activate(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Freeze the draft as a revision that can be sent."""
    quote = find_document(request, Quote, pk)
    seen = request.POST.get("seen", "")
    return run_action(
        request,
        quote,
        lambda: activate_quote(quote.pk, actor=request.user, seen=seen),
        done=gettext("%(record)s is active: send it to the customer."),
    )


@action(Quote, "sales.change_quote")
def revise(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Supersede the quote by a new draft."""
    quote = find_document(request, Quote, pk)
    return run_action(
        request,
        quote,
        lambda: revise_quote(quote.pk, actor=request.user),
        done=gettext("A new draft; activating it makes the next revision."),
    )


@action(Quote, "sales.change_quote")
def cancel(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Cancel the quote."""
    quote = find_document(request, Quote, pk)
    return run_action(
        request,
        quote,
        lambda: cancel_quote(quote.pk, actor=request.user),
        done=gettext("%(record)s is cancelled."),
    )


@rep_with("sales.change_quote")
def accept(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Record the customer's acceptance; it makes the order, once however often it is pressed."""
    quote = find_document(request, Quote, pk)
    contact = quote.contact
    known = {"name": str(contact), "email": contact.email} if contact else {}
    return run_form_action(
        request,
        quote,
        AcceptForm(request.POST or None, initial=known),
        lambda answers: accept_quote(quote.pk, actor=request.user, **answers),
        check=lambda: quote.refuse_move_to(Quote.Status.WON),
        heading=gettext("Record acceptance of %(quote)s") % {"quote": quote},
        label=gettext("Accept and create the order"),
        done=gettext("Accepted. This is the order: check it and submit it."),
    )


@rep_with("sales.change_quote")
def lose(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Record that the customer declined."""
    quote = find_document(request, Quote, pk)
    return run_form_action(
        request,
        quote,
        LoseQuoteForm(request.POST or None),
        lambda answers: lose_quote(quote.pk, actor=request.user, **answers),
        check=lambda: quote.refuse_move_to(Quote.Status.LOST),
        heading=gettext("Close %(quote)s as lost") % {"quote": quote},
        label=gettext("Close as lost"),
        done=gettext("%(record)s is closed as lost."),
    )
