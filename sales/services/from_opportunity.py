"""What an opportunity is about, and the quotes and orders that come of it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max, Sum
from django.utils.translation import gettext

from common.errors import IllegalTransition
from crm.actors import Actor
from crm.models import Opportunity
from sales.models import (
    AccountTerms,
    AnyDocument,
    AnyLine,
    OpportunityLine,
    Order,
    PriceList,
    Product,
    Quote,
    Unit,
    kind_of,
)
from sales.pricing.errors import InvalidQuantity
from sales.pricing.money import round_money
from sales.services.documents.bundles import add_parts
from sales.services.documents.drafts import default_company, draft_order, draft_quote, lock_draft
from sales.services.documents.new_lines import (
    fill_from_product,
    insert_lines,
    last_position,
    new_line,
)
from sales.services.documents.totals import reprice
from sales.services.errors import NoLines
from sales.services.events import record_event
from sales.services.prices.list_prices import ListPrices, look_up


@transaction.atomic
def add_opportunity_line(
    opportunity_id: uuid.UUID,
    *,
    actor: Actor,
    product: Product,
    quantity: Decimal = Decimal(1),
    unit: Unit | None = None,
    unit_price: Decimal | None = None,
) -> OpportunityLine:
    """Note that the customer is interested in a product; the revenue follows if it is computed."""
    opportunity = _lock_open(opportunity_id)
    if quantity <= 0:
        raise InvalidQuantity(gettext("Give a quantity above zero."), field="quantity")
    unit = unit or product.default_unit
    found = look_up(_price_list(opportunity), product, unit, quantity, default_company().today())
    price = unit_price if unit_price is not None else found.unit_price
    net = round_money(
        quantity * ((price or Decimal(0)) - found.volume_discount), opportunity.currency
    )
    last = opportunity.lines.aggregate(last=Max("position"))["last"] or 0
    line = OpportunityLine.objects.create(
        opportunity=opportunity,
        position=last + 1,
        product=product,
        sku=product.sku,
        description=product.name,
        unit=unit,
        quantity=quantity,
        unit_price=price,
        volume_discount=found.volume_discount,
        price_list_item=found.item,
        base=net,
        net=net,
        gross=net,
    )
    _compute_revenue(opportunity)
    return line


@transaction.atomic
def remove_opportunity_line(line_id: uuid.UUID, *, actor: Actor) -> None:
    """Take a product off an opportunity."""
    line = OpportunityLine.objects.get(pk=line_id)
    opportunity = _lock_open(line.opportunity_id)
    line.delete()
    _compute_revenue(opportunity)


@transaction.atomic
def take_revenue_from_lines(
    opportunity_id: uuid.UUID, *, actor: Actor, computed: bool
) -> Opportunity:
    """Let the expected revenue follow the lines, or leave it to whoever types it."""
    opportunity = _lock_open(opportunity_id)
    opportunity.change(revenue_is_computed=computed)
    _compute_revenue(opportunity)
    return opportunity


@transaction.atomic
def quote_from_opportunity(opportunity_id: uuid.UUID, *, actor: Actor, **fields: Any) -> Quote:
    """Draft a quote for an opportunity, with its lines at today's prices."""
    opportunity = _lock_open(opportunity_id)
    quote = draft_quote(actor=actor, **_head(opportunity), **fields)
    if opportunity.lines.exists():
        take_lines(quote, opportunity, actor=actor)
    return Quote.objects.get(pk=quote.pk)


@transaction.atomic
def order_from_opportunity(opportunity_id: uuid.UUID, *, actor: Actor, **fields: Any) -> Order:
    """Draft an order for an opportunity that needs no quote, with its lines at today's prices."""
    opportunity = _lock_open(opportunity_id)
    order = draft_order(actor=actor, **_head(opportunity), **fields)
    if opportunity.lines.exists():
        take_lines(order, opportunity, actor=actor)
    return Order.objects.get(pk=order.pk)


@transaction.atomic
def take_lines(document: AnyDocument, opportunity: Opportunity, *, actor: Actor) -> int:
    """Add an opportunity's lines to a draft, each at the draft's list price; says how many."""
    draft = lock_draft(document)
    wanted = list(opportunity.lines.select_related("product__default_unit", "unit"))
    if not wanted:
        raise NoLines(
            gettext("%(opportunity)s has no lines to take over.") % {"opportunity": opportunity}
        )
    _add_lines(draft, wanted)
    reprice(draft)
    record_event(
        kind_of(draft).draft_event, draft, actor=actor, data={"lines_from": str(opportunity.pk)}
    )
    return len(wanted)


def _add_lines(draft: AnyDocument, wanted: Sequence[OpportunityLine]) -> None:
    """Add lines at the end of a draft; but for bundles, in one statement however many."""
    products = [source.product for source in wanted if source.product is not None]
    prices = ListPrices(draft.price_list, products, draft.company.today())
    position, waiting = last_position(draft), list[AnyLine]()
    for source in wanted:
        position += 1
        line = new_line(draft, quantity=source.quantity, position=position)
        waiting.append(line)
        if source.product is not None:
            fill_from_product(line, draft, source.product, source.unit, prices)
        if source.product is not None and source.product.kind == Product.Kind.BUNDLE:
            insert_lines(draft, waiting)
            position += len(add_parts(line, draft))
            waiting = []
    insert_lines(draft, waiting)


def _head(opportunity: Opportunity) -> dict[str, Any]:
    return {
        "account": opportunity.account,
        "name": opportunity.name,
        "opportunity": opportunity,
        "contact": opportunity.contact,
        "currency": opportunity.currency,
    }


def _lock_open(opportunity_id: uuid.UUID) -> Opportunity:
    opportunity = Opportunity.objects.select_for_update(of=("self",)).get(pk=opportunity_id)
    if opportunity.status != Opportunity.Status.OPEN:
        raise IllegalTransition(
            gettext("%(opportunity)s is %(status)s: reopen it first.")
            % {"opportunity": opportunity, "status": opportunity.get_status_display()}
        )
    return opportunity


def _price_list(opportunity: Opportunity) -> PriceList | None:
    terms = AccountTerms.objects.filter(account=opportunity.account_id).first()
    own = terms.price_list if terms else None
    if own is not None and own.currency == opportunity.currency:
        return own
    return PriceList.objects.filter(currency=opportunity.currency, is_active=True).first()


def _compute_revenue(opportunity: Opportunity) -> None:
    if opportunity.revenue_is_computed:
        total = opportunity.lines.aggregate(sum=Sum("net", default=Decimal(0)))["sum"]
        opportunity.change(expected_revenue=total)
