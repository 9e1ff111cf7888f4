"""Quotes: activate, revise, accept, lose, cancel."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from common.formatting import format_day
from crm.actors import Actor
from sales.models import Order, Quote, QuoteLine, SalesEvent
from sales.services.approvals import check_approved
from sales.services.documents.content_hash import content_hash
from sales.services.documents.copying import copy_head, copy_lines
from sales.services.documents.numbering import assign_number
from sales.services.documents.readiness import check_ready
from sales.services.documents.todays_figures import price_to_issue
from sales.services.errors import QuoteExpired
from sales.services.events import record_event
from sales.services.orders import order_from_quote
from sales.services.prices.exchange_rates import freeze_exchange_rate
from sales.services.prices.pricing_input import lines_of
from sales.services.promotions import carry_promotions


@transaction.atomic
def activate_quote(quote_id: uuid.UUID, *, actor: Actor, seen: str = "") -> Quote:
    """Freeze a draft as the next revision of its number, ready to be sent.

    ``seen``, if given, is the hash of the figures that were shown; refused if they are others now.
    """
    quote = _lock(quote_id)
    quote.refuse_move_to(Quote.Status.ACTIVE)
    lines = lines_of(quote)
    price_to_issue(quote, lines, seen)
    freeze_exchange_rate(quote)
    check_ready(quote, lines)
    check_approved(quote, lines)
    if quote.valid_until is not None and quote.valid_until < quote.company.today():
        raise QuoteExpired(
            gettext("The quote would be valid until %(day)s, which is past: choose a later day.")
            % {"day": format_day(quote.valid_until)},
            field="valid_until",
        )
    before = quote.revises
    quote.move_to(
        Quote.Status.ACTIVE,
        number=before.number if before else assign_number(quote),
        revision=before.revision + 1 if before else 1,
        content_hash=content_hash(quote, lines),
        activated_at=timezone.now(),
        exchange_rate=quote.exchange_rate,
        exchange_rate_on=quote.exchange_rate_on,
    )
    record_event(SalesEvent.Type.QUOTE_ACTIVATED, quote, actor=actor)
    return quote


@transaction.atomic
def revise_quote(quote_id: uuid.UUID, *, actor: Actor) -> Quote:
    """Supersede an active quote by a draft copy that will become its next revision."""
    quote = _lock(quote_id)
    quote.move_to(Quote.Status.SUPERSEDED, closed_at=timezone.now())
    record_event(SalesEvent.Type.QUOTE_REVISED, quote, actor=actor)
    draft = copy_head(
        quote,
        Quote,
        revises=quote,
        opportunity=quote.opportunity,
        valid_from=quote.valid_from,
        valid_until=quote.valid_until,
    )
    draft.save(force_insert=True)
    copy_lines(lines_of(quote), QuoteLine, quote=draft)
    carry_promotions(quote, draft)
    record_event(SalesEvent.Type.QUOTE_DRAFTED, draft, actor=actor, is_first=True)
    return draft


@transaction.atomic
def accept_quote(
    quote_id: uuid.UUID,
    *,
    actor: Actor,
    name: str = "",
    email: str = "",
    customer_reference: str = "",
    ip: str | None = None,
) -> Order:
    """Record the customer's acceptance and create the order, once however often it is called."""
    quote = _lock(quote_id)
    if quote.is_won:
        return Order.objects.get(quote=quote)
    quote.refuse_move_to(Quote.Status.WON)
    check_not_expired(quote)
    quote.move_to(
        Quote.Status.WON,
        closed_at=timezone.now(),
        accepted_by_name=name,
        accepted_by_email=email,
        accepted_from_ip=ip,
        customer_reference=customer_reference or quote.customer_reference,
    )
    order = order_from_quote(quote, lines_of(quote), actor=actor)
    record_event(SalesEvent.Type.QUOTE_ACCEPTED, quote, actor=actor, data={"order": str(order.pk)})
    return order


def check_not_expired(quote: Quote) -> None:
    """Refuse to accept a quote whose last day has passed."""
    if quote.is_expired():
        raise QuoteExpired(
            gettext("%(quote)s was valid until %(day)s: revise it to offer it again.")
            % {"quote": quote, "day": format_day(quote.valid_until)}
        )


@transaction.atomic
def lose_quote(
    quote_id: uuid.UUID, *, actor: Actor, reason: Quote.LostReason | str, comment: str = ""
) -> Quote:
    """Close a quote as lost, with the reason."""
    return _close(quote_id, Quote.Status.LOST, actor, reason=reason, comment=comment)


@transaction.atomic
def cancel_quote(quote_id: uuid.UUID, *, actor: Actor, comment: str = "") -> Quote:
    """Cancel a quote."""
    return _close(quote_id, Quote.Status.CANCELLED, actor, comment=comment)


def _lock(quote_id: uuid.UUID) -> Quote:
    return Quote.objects.select_for_update().get(pk=quote_id)


def _close(
    quote_id: uuid.UUID,
    status: Quote.Status,
    actor: Actor,
    *,
    reason: str = "",
    comment: str = "",
) -> Quote:
    quote = _lock(quote_id)
    quote.move_to(status, closed_at=timezone.now(), closed_reason=reason, closed_comment=comment)
    record_event(SalesEvent.Type.QUOTE_CLOSED, quote, actor=actor, data={"reason": reason})
    return quote
