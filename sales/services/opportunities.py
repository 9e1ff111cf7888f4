"""Closing and reopening opportunities, which their quotes have a say in."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext

from common.errors import IllegalTransition, MissingField
from crm.actors import Actor
from crm.models import Opportunity, Stage
from crm.services.activities import note
from sales.models import Order, Quote
from sales.services.errors import OpenQuotes


@transaction.atomic
def win_opportunity(
    opportunity_id: uuid.UUID, *, actor: Actor, actual_revenue: Decimal | None = None
) -> Opportunity:
    """Close an opportunity as won; its revenue is what was ordered unless it is typed."""
    opportunity = _lock(opportunity_id)
    _refuse_open_quotes(opportunity)
    opportunity.move_to(
        Opportunity.Status.WON,
        closed_at=timezone.now(),
        actual_revenue=actual_revenue if actual_revenue is not None else _ordered(opportunity),
    )
    note(opportunity, f"Won by {actor}.", actor=actor)
    return opportunity


@transaction.atomic
def lose_opportunity(
    opportunity_id: uuid.UUID, *, actor: Actor, reason: str, competitor: str = ""
) -> Opportunity:
    """Close an opportunity as lost, and say why."""
    opportunity = _lock(opportunity_id)
    if reason not in Opportunity.LostReason.values:
        raise MissingField(gettext("Choose why the opportunity is lost."), field="reason")
    _refuse_open_quotes(opportunity)
    opportunity.move_to(
        Opportunity.Status.LOST,
        closed_at=timezone.now(),
        lost_reason=reason,
        competitor=competitor,
    )
    note(opportunity, f"Lost: {opportunity.get_lost_reason_display()}.", actor=actor)
    return opportunity


@transaction.atomic
def reopen_opportunity(opportunity_id: uuid.UUID, *, actor: Actor) -> Opportunity:
    """Take a closed opportunity up again."""
    opportunity = _lock(opportunity_id)
    opportunity.move_to(
        Opportunity.Status.OPEN,
        closed_at=None,
        lost_reason="",
        competitor="",
        actual_revenue=None,
    )
    note(opportunity, f"Reopened by {actor}.", actor=actor)
    return opportunity


@transaction.atomic
def move_opportunity(
    opportunity_id: uuid.UUID, stage_id: uuid.UUID, *, actor: Actor
) -> Opportunity:
    """Put an open opportunity into another stage."""
    opportunity = _lock(opportunity_id)
    if opportunity.status != Opportunity.Status.OPEN:
        raise IllegalTransition(
            gettext("%(opportunity)s is closed: reopen it first.") % {"opportunity": opportunity}
        )
    stage = Stage.objects.get(pk=stage_id)
    if stage.pk != opportunity.stage_id:
        opportunity.change(stage=stage)
        note(opportunity, f"Moved to {stage}.", actor=actor)
    return opportunity


def _lock(opportunity_id: uuid.UUID) -> Opportunity:
    return Opportunity.objects.select_for_update(of=("self",)).get(pk=opportunity_id)


def _refuse_open_quotes(opportunity: Opportunity) -> None:
    open_quotes = list(
        opportunity.quotes.filter(status__in=[Quote.Status.DRAFT, Quote.Status.ACTIVE])
    )
    if open_quotes:
        named = ", ".join(str(quote) for quote in open_quotes)
        raise OpenQuotes(
            gettext("%(opportunity)s still has open quotes: %(quotes)s. Close them first.")
            % {"opportunity": opportunity, "quotes": named}
        )


def _ordered(opportunity: Opportunity) -> Decimal:
    orders = opportunity.orders.exclude(status=Order.Status.CANCELLED)
    same_currency = orders.filter(currency=opportunity.currency)
    total: Decimal = same_currency.aggregate(sum=Sum("total", default=Decimal(0)))["sum"]
    return total
