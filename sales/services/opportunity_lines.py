"""Lines of opportunities: the products a customer is interested in, and the revenue they make."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.db import transaction
from django.db.models import Max, Sum
from django.utils.translation import gettext

from common.errors import IllegalTransition
from crm.actors import Actor
from crm.models import Opportunity
from sales.models import AccountTerms, OpportunityLine, PriceList, Product, Unit
from sales.pricing.errors import InvalidQuantity
from sales.pricing.money import round_money
from sales.services.documents.drafts import default_company
from sales.services.prices.list_prices import look_up


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
    """Add a product the customer is interested in; a computed revenue follows."""
    opportunity = lock_open_opportunity(opportunity_id)
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
    """Remove a product from an opportunity; a computed revenue follows."""
    line = OpportunityLine.objects.get(pk=line_id)
    opportunity = lock_open_opportunity(line.opportunity_id)
    line.delete()
    _compute_revenue(opportunity)


@transaction.atomic
def take_revenue_from_lines(
    opportunity_id: uuid.UUID, *, actor: Actor, computed: bool
) -> Opportunity:
    """Compute the expected revenue from the lines, or leave it as it is typed."""
    opportunity = lock_open_opportunity(opportunity_id)
    opportunity.change(revenue_is_computed=computed)
    _compute_revenue(opportunity)
    return opportunity


def lock_open_opportunity(opportunity_id: uuid.UUID) -> Opportunity:
    """Lock an opportunity that is open; a closed one is reopened first."""
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
