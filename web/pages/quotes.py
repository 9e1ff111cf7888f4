"""Page of a quote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext

from common.formatting import format_due
from crm.models import User
from sales.models import OpportunityLine, Quote
from sales.services.approvals import Approval, approval_of, check_given
from sales.services.documents.todays_figures import todays_figures
from sales.services.price_refresh import PriceDrift
from sales.services.prices.list_prices import list_prices_of
from sales.services.prices.promotion_discounts import promotions_of
from sales.services.quotes import check_not_expired
from web.chips.documents import approval_chip, quote_chip
from web.display import Action, Actions, Chip, Fact, Link
from web.forms.prices import PromotionForm
from web.pages.activity import activity_card
from web.pages.approvals import approval_card
from web.pages.cards import Card
from web.pages.document_flow import document_flow, flow_steps, order_of
from web.pages.documents import (
    EVENTS,
    DocumentPage,
    common_facts,
    history_card,
    may_edit,
    no_edit_reason,
    own_facts,
    read_events,
    subtitle,
)
from web.pages.draft_actions import approval_actions, refresh_action, take_lines_action
from web.pages.lines import build_lines, drifts_of, read_lines
from web.pages.promotions import Promotions, build_promotions
from web.pages.records import refusal_of
from web.pages.todays_figures import ISSUE, todays_notices
from web.record_urls import record_url

RELATED = ("opportunity__stage", "opportunity__lead", "order", "revises")
"""What a quote's page reads along with the quote, beside what every document's does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotePage(DocumentPage):
    """The page of a quote; a draft is edited on it."""

    promotions: Promotions
    approval: Card | None


def quote_page(
    quote: Quote, user: User, *, problem: str = "", promotion_form: PromotionForm | None = None
) -> QuotePage:
    """Read and format everything that the page of a quote shows; 10 statements at most."""
    editable = may_edit(quote, user)
    lines = read_lines(quote)
    prices = list_prices_of(quote, lines) if quote.is_draft else None
    drifts = drifts_of(quote, lines, prices)
    events = read_events(quote)
    known = events if len(events) < EVENTS else None
    uses = promotions_of(quote)
    today = todays_figures(quote, lines, uses)
    approval = approval_of(today.document, today.lines, events=known, prices=prices)
    return QuotePage(
        record=quote,
        crumb=Link(gettext("Quotes"), reverse("sales:quote-list")),
        heading=str(quote),
        subtitle=subtitle(quote),
        chips=_chips(quote, approval),
        actions=Actions(_actions(quote, user, approval, drifts)),
        problem=problem,
        locked="" if quote.is_draft else _locked_reason(quote),
        flow=flow_steps(document_flow(quote), quote, user),
        lines=build_lines(quote, lines, drifts, editable=editable, seen=today.seen),
        promotions=build_promotions(quote, uses, editable=editable, form=promotion_form),
        approval=approval_card(approval, user),
        notes=quote.notes,
        todays=todays_notices(today),
        activity=activity_card(quote, user),
        facts=_facts(quote),
        history=history_card(events),
    )


def has_opportunity_lines() -> Exists:
    """Return the annotation that says whether a quote's opportunity has lines to take."""
    return Exists(OpportunityLine.objects.filter(opportunity=OuterRef("opportunity")))


def _chips(quote: Quote, approval: Approval) -> list[Chip]:
    """Show how far the quote is."""
    shown = [quote_chip(quote)]
    if approval.needs:
        shown.append(approval_chip(approval))
    if quote.valid_until and quote.expires_soon:
        when = format_due(quote.valid_until, quote.company.today())
        label = gettext("Expires %(when)s") % {"when": when}
        shown.append(Chip(label, "warn", "clock"))
    return shown


def _locked_reason(quote: Quote) -> str:
    """Return why a quote is not edited, and the way on."""
    if quote.is_active:
        return gettext("This revision is with the customer. Revise it to change anything.")
    return no_edit_reason(quote)


def _facts(quote: Quote) -> list[Fact]:
    """List the facts of the page."""
    facts = common_facts(quote)
    facts[1:1] = own_facts(quote)
    if quote.accepted_by_name:
        facts.insert(0, Fact(gettext("Accepted by"), quote.accepted_by_name))
    if quote.closed_reason:
        facts.insert(0, Fact(gettext("Lost because"), quote.get_closed_reason_display()))
    return facts


def _actions(
    quote: Quote, user: User, approval: Approval, drifts: Sequence[PriceDrift]
) -> list[Action]:
    """List what can be done with a quote now."""
    if not user.has_perm("sales.change_quote"):
        return []
    if quote.is_draft:
        return _draft_actions(quote, user, approval, drifts)
    if quote.is_active:
        return _active_actions(quote)
    order = order_of(quote)
    if order is None:
        return []
    return [Action(gettext("Open the order"), record_url(order), "arrow-right", asks=True)]


def _url(quote: Quote, name: str) -> str:
    return reverse(f"sales:quote-{name}", args=[quote.pk])


def _draft_actions(
    quote: Quote, user: User, approval: Approval, drifts: Sequence[PriceDrift]
) -> list[Action]:
    reason = refusal_of(check_given, approval)
    takes_lines = getattr(quote, "has_opportunity_lines", False)
    return [
        Action(gettext("Activate"), _url(quote, "activate"), "send", reason=reason, form_id=ISSUE),
        *approval_actions(quote, user, approval),
        Action(gettext("Edit head"), _url(quote, "edit"), "pencil", asks=True),
        *([take_lines_action(quote)] if takes_lines else []),
        refresh_action(quote, drifts),
        _cancel(quote),
    ]


def _active_actions(quote: Quote) -> list[Action]:
    accept = Action(
        gettext("Record acceptance"),
        _url(quote, "accept"),
        "circle-check",
        asks=True,
        dialog=True,
        reason=refusal_of(check_not_expired, quote),
    )
    revise = Action(gettext("Revise"), _url(quote, "revise"), "versions")
    lose = Action(gettext("Close as lost"), _url(quote, "lose"), "circle-x", asks=True, dialog=True)
    return [accept, revise, lose, _cancel(quote)]


def _cancel(quote: Quote) -> Action:
    return Action(
        gettext("Cancel quote"),
        _url(quote, "cancel"),
        "ban",
        tone="danger",
        confirm=gettext("Cancel this quote?"),
    )
