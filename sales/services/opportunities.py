"""Opportunities: win, lose, reopen, move to a stage, and draft quotes and orders from them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext

from common.errors import IllegalTransition, MissingField
from common.sentences import sentence as _
from crm.actors import Actor
from crm.models import Opportunity, Stage
from crm.services.activities import note
from sales.models import AnyDocument, AnyLine, OpportunityLine, Order, Product, Quote, kind_of
from sales.pricing.errors import CurrencyMismatch
from sales.services.documents.bundles import add_parts
from sales.services.documents.drafts import draft_order, draft_quote, lock_draft
from sales.services.documents.new_lines import (
    fill_from_product,
    insert_lines,
    last_position,
    new_line,
)
from sales.services.documents.totals import reprice
from sales.services.errors import NoLines, OpenQuotes
from sales.services.events import record_event
from sales.services.opportunity_lines import lock_open_opportunity
from sales.services.prices.discount_limits import within_limit
from sales.services.prices.list_prices import ListPrices


@transaction.atomic
def win_opportunity(
    opportunity_id: uuid.UUID, *, actor: Actor, actual_revenue: Decimal | None = None
) -> Opportunity:
    """Close an opportunity as won; its revenue is what was ordered unless it is typed.

    Like the expected revenue it is what the lines come to, before freight and tax.
    """
    opportunity = _lock(opportunity_id)
    _refuse_open_quotes(opportunity)
    opportunity.move_to(
        Opportunity.Status.WON,
        closed_at=timezone.now(),
        actual_revenue=actual_revenue if actual_revenue is not None else _ordered(opportunity),
    )
    note(opportunity, _("Won by %(actor)s.", actor=actor), actor=actor)
    return opportunity


@transaction.atomic
def lose_opportunity(
    opportunity_id: uuid.UUID, *, actor: Actor, reason: str, competitor: str = ""
) -> Opportunity:
    """Close an opportunity as lost, with the reason."""
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
    note(
        opportunity,
        _("Lost: %(reason)s.", reason=Opportunity.LostReason(reason).label),
        actor=actor,
    )
    return opportunity


@transaction.atomic
def reopen_opportunity(opportunity_id: uuid.UUID, *, actor: Actor) -> Opportunity:
    """Reopen a closed opportunity."""
    opportunity = _lock(opportunity_id)
    opportunity.move_to(
        Opportunity.Status.OPEN,
        closed_at=None,
        lost_reason="",
        competitor="",
        actual_revenue=None,
    )
    note(opportunity, _("Reopened by %(actor)s.", actor=actor), actor=actor)
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
        note(opportunity, _("Moved to %(stage)s.", stage=stage), actor=actor)
    return opportunity


@transaction.atomic
def quote_from_opportunity(opportunity_id: uuid.UUID, *, actor: Actor, **fields: Any) -> Quote:
    """Draft a quote for an opportunity, with its lines at today's prices."""
    opportunity = lock_open_opportunity(opportunity_id)
    quote = draft_quote(actor=actor, **_head(opportunity), **fields)
    if opportunity.lines.exists():
        take_lines(quote, opportunity, actor=actor)
    return Quote.objects.get(pk=quote.pk)


@transaction.atomic
def order_from_opportunity(opportunity_id: uuid.UUID, *, actor: Actor, **fields: Any) -> Order:
    """Draft an order for an opportunity that needs no quote, with its lines at today's prices."""
    opportunity = lock_open_opportunity(opportunity_id)
    order = draft_order(actor=actor, **_head(opportunity), **fields)
    if opportunity.lines.exists():
        take_lines(order, opportunity, actor=actor)
    return Order.objects.get(pk=order.pk)


@transaction.atomic
def take_lines(document: AnyDocument, opportunity: Opportunity, *, actor: Actor) -> int:
    """Add an opportunity's lines to a draft and return how many.

    Typed prices and discounts come along; everything else takes the draft's list price.
    """
    draft = lock_draft(document)
    wanted = list(opportunity.lines.select_related("product__default_unit", "unit"))
    if not wanted:
        raise NoLines(
            gettext("%(opportunity)s has no lines to take over.") % {"opportunity": opportunity}
        )
    _check_currency(draft, opportunity, wanted)
    with within_limit(draft, actor):
        _add_lines(draft, wanted)
        reprice(draft)
    record_event(
        kind_of(draft).draft_event, draft, actor=actor, data={"lines_from": str(opportunity.pk)}
    )
    return len(wanted)


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
    goods = Sum(F("detail") - F("discount"), default=Decimal(0))
    ordered: Decimal = same_currency.aggregate(sum=goods)["sum"]
    return ordered


def _add_lines(draft: AnyDocument, wanted: Sequence[OpportunityLine]) -> None:
    """Add lines at the end of a draft; but for bundles, in one statement however many."""
    products = [source.product for source in wanted if source.product is not None]
    prices = ListPrices(draft.price_list, products, draft.company.today())
    position, waiting = last_position(draft), list[AnyLine]()
    for source in wanted:
        position += 1
        line = new_line(draft, quantity=source.quantity, position=position, **_typed(source))
        waiting.append(line)
        if source.product is not None:
            fill_from_product(line, draft, source.product, source.unit, prices)
        if source.product is not None and source.product.kind == Product.Kind.BUNDLE:
            insert_lines(draft, waiting)
            position += len(add_parts(line, draft))
            waiting = []
    insert_lines(draft, waiting)


def _typed(source: OpportunityLine) -> dict[str, Decimal | None]:
    """Return what somebody typed on an opportunity's line: its price and its discount."""
    typed = {
        "discount_amount": source.discount_amount,
        "discount_rate": source.discount_rate,
    }
    if source.price_source == OpportunityLine.PriceSource.TYPED:
        typed["unit_price"] = source.unit_price
    return typed


def _check_currency(
    draft: AnyDocument, opportunity: Opportunity, wanted: Sequence[OpportunityLine]
) -> None:
    """Refuse amounts that were typed in another currency than the draft's."""
    amounts = ("unit_price", "discount_amount")
    typed = any(_typed(line).get(name) is not None for line in wanted for name in amounts)
    if typed and draft.currency != opportunity.currency:
        raise CurrencyMismatch(
            gettext(
                "Prices or discounts of %(opportunity)s are typed in %(typed)s, %(draft)s is in "
                "%(currency)s: start a document in %(typed)s."
            )
            % {
                "opportunity": opportunity,
                "typed": opportunity.currency,
                "draft": draft,
                "currency": draft.currency,
            }
        )


def _head(opportunity: Opportunity) -> dict[str, Any]:
    return {
        "account": opportunity.account,
        "name": opportunity.name,
        "opportunity": opportunity,
        "contact": opportunity.contact,
        "currency": opportunity.currency,
    }
