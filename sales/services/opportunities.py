"""Opportunities: win, lose, reopen, move to a stage, and draft quotes and orders from them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import TypedDict, Unpack

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext

from common.errors import IllegalTransition, MissingField
from common.formatting import format_money, format_quantity
from common.sentences import sentence as _
from crm.actors import Actor
from crm.models import Contact, Opportunity, Stage
from crm.services.activities import note
from sales.models import AnyDocument, OpportunityLine, Order, Quote, kind_of
from sales.pricing.errors import CurrencyMismatch, InvalidDiscount, NoLines
from sales.pricing.money import EXACT
from sales.pricing.price_lists import PRICE_STEP
from sales.services.documents.bulk_lines import build_lines, with_their_parts
from sales.services.documents.draft_fields import NewLineFields, OrderFields, QuoteFields
from sales.services.documents.drafts import draft_order, draft_quote, lock_draft
from sales.services.documents.new_lines import insert_lines
from sales.services.documents.totals import reprice
from sales.services.documents.typed_figures import check_amount
from sales.services.errors import OpenQuotes
from sales.services.events import record_event
from sales.services.opportunity_lines import lock_open_opportunity
from sales.services.prices.discount_limits import within_limit
from sales.services.prices.pricing_input import terms_of


class _Head(TypedDict):
    """Of the head of a draft, what its opportunity says."""

    opportunity: Opportunity
    contact: Contact | None
    currency: str


@transaction.atomic
def win_opportunity(
    opportunity_id: uuid.UUID, *, actor: Actor, actual_revenue: Decimal | None = None
) -> Opportunity:
    """Close an opportunity as won; its revenue is what was ordered unless it is typed.

    Like the expected revenue it is what the lines come to, before freight and tax.
    """
    opportunity = _lock(opportunity_id)
    _refuse_open_quotes(opportunity)
    if actual_revenue is not None:
        check_amount(actual_revenue, opportunity.currency, "actual_revenue")
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
    if not opportunity.is_open:
        raise IllegalTransition(
            gettext("%(opportunity)s is closed: reopen it first.") % {"opportunity": opportunity}
        )
    stage = Stage.objects.get(pk=stage_id)
    if stage.pk != opportunity.stage_id:
        opportunity.change(stage=stage)
        note(opportunity, _("Moved to %(stage)s.", stage=stage), actor=actor)
    return opportunity


@transaction.atomic
def quote_from_opportunity(
    opportunity_id: uuid.UUID, *, actor: Actor, **fields: Unpack[QuoteFields]
) -> Quote:
    """Draft a quote for an opportunity, with its lines at today's prices."""
    opportunity = lock_open_opportunity(opportunity_id)
    head: QuoteFields = {**_head(opportunity), **fields}
    account, name = opportunity.account, opportunity.name
    quote = draft_quote(actor=actor, account=account, name=name, **head)
    if opportunity.lines.exists():
        take_lines(quote, opportunity, actor=actor)
    return Quote.objects.get(pk=quote.pk)


@transaction.atomic
def order_from_opportunity(
    opportunity_id: uuid.UUID, *, actor: Actor, **fields: Unpack[OrderFields]
) -> Order:
    """Draft an order for an opportunity that needs no quote, with its lines at today's prices."""
    opportunity = lock_open_opportunity(opportunity_id)
    head: OrderFields = {**_head(opportunity), **fields}
    account, name = opportunity.account, opportunity.name
    order = draft_order(actor=actor, account=account, name=name, **head)
    if opportunity.lines.exists():
        take_lines(order, opportunity, actor=actor)
    return Order.objects.get(pk=order.pk)


@transaction.atomic
def take_lines(document: AnyDocument, opportunity: Opportunity, *, actor: Actor) -> int:
    """Add an opportunity's lines to a draft and return how many.

    Typed prices and discounts come along; everything else takes the draft's list price.
    """
    draft = lock_draft(document)
    related = ("product__default_unit", "unit", "product_category", "tax_category")
    wanted = list(opportunity.lines.select_related(*related))
    if not wanted:
        raise NoLines(
            gettext("%(opportunity)s has no lines to take over: add one first.")
            % {"opportunity": opportunity}
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
    orders = opportunity.orders.not_cancelled()
    same_currency = orders.filter(currency=opportunity.currency)
    goods = Sum(F("detail") - F("discount"), default=Decimal(0))
    ordered: Decimal = same_currency.aggregate(sum=goods)["sum"]
    return ordered


def _add_lines(draft: AnyDocument, wanted: Sequence[OpportunityLine]) -> None:
    """Add lines at the end of a draft, with the parts of bundles, in one statement."""
    lines = build_lines(
        draft,
        [
            {
                "product": source.product,
                "unit": source.unit if source.product is not None else None,
                "quantity": source.quantity,
                **_typed(source, draft),
            }
            for source in wanted
        ],
    )
    insert_lines(draft, with_their_parts(draft, lines))


def _deduction(source: OpportunityLine) -> NewLineFields:
    """Return what makes up a trade-in or rebate, all of which is typed."""
    return {
        "kind": source.kind,
        "description": source.description,
        "unit_price": source.typed_price,
        "price_quantity": source.price_quantity,
        "product_category": source.product_category,
        "tax_category": source.tax_category,
    }


def _typed(source: OpportunityLine, draft: AnyDocument) -> NewLineFields:
    """Return what somebody typed on an opportunity's line: its price and its discount."""
    if source.is_deduction:
        return _deduction(source)
    typed: NewLineFields = {
        "discount_amount": _discount_amount(source, draft),
        "discount_rate": source.discount_rate,
    }
    if source.price_source == OpportunityLine.PriceSource.TYPED:
        typed |= {"unit_price": source.unit_price, "price_quantity": source.price_quantity}
    return typed


def _discount_amount(source: OpportunityLine, draft: AnyDocument) -> Decimal | None:
    """Return a typed discount in the draft's terms: for the whole line, or for each unit.

    Refused where no amount of each unit comes to it.
    """
    amount: Decimal | None = source.discount_amount
    if amount is None or source.discount_method == draft.discount_method:
        return amount
    if source.discounts_each_unit:
        whole: Decimal = source.discount
        return whole
    each = EXACT.divide(amount, source.quantity).quantize(PRICE_STEP, ROUND_HALF_UP, EXACT)
    if terms_of(draft).round(EXACT.multiply(each, source.quantity)) != amount:
        raise InvalidDiscount(
            gettext(
                "%(draft)s gives discounts for each unit, and no amount with 5 decimals makes "
                "%(amount)s of %(quantity)s units of %(line)s: add the line to the opportunity "
                "once more, with a percentage or a discount of each unit."
            )
            % {
                "draft": draft,
                "amount": format_money(amount, draft.currency),
                "quantity": format_quantity(source.quantity),
                "line": source.description,
            }
        )
    return each


def _check_currency(
    draft: AnyDocument, opportunity: Opportunity, wanted: Sequence[OpportunityLine]
) -> None:
    """Refuse amounts that were typed in another currency than the draft's."""
    typed = any(
        line.discount_amount is not None or line.price_source == OpportunityLine.PriceSource.TYPED
        for line in wanted
    )
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


def _head(opportunity: Opportunity) -> _Head:
    return {
        "opportunity": opportunity,
        "contact": opportunity.contact,
        "currency": opportunity.currency,
    }
