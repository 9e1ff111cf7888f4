"""Lines of opportunities: the products a customer is interested in, and the revenue they make."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import asdict
from decimal import Decimal

from django.db import transaction
from django.db.models import Max, Sum
from django.utils.translation import gettext

from common.errors import IllegalTransition
from common.formatting import format_money
from crm.actors import Actor
from crm.models import Opportunity
from sales.models import (
    AccountTerms,
    OpportunityLine,
    PriceList,
    Product,
    ProductCategory,
    TaxCategory,
    Unit,
)
from sales.pricing.documents import price_document
from sales.pricing.errors import InvalidDiscount, NegativeTotal
from sales.pricing.lines import Terms
from sales.pricing.money import ONE, ZERO, Rounding
from sales.pricing.quantities import needs_quantity
from sales.services.documents.draft_fields import LineFields
from sales.services.documents.drafts import default_company
from sales.services.documents.new_lines import (
    check_line,
    clear_other_discount,
    error_context,
    put_product,
    take_tax_category,
)
from sales.services.documents.typed_figures import check_number
from sales.services.prices.list_prices import ListPrice, check_list, look_up
from sales.services.prices.override_rights import check_price
from sales.services.prices.pricing_input import line_input


@transaction.atomic
def add_opportunity_line(
    opportunity_id: uuid.UUID,
    *,
    actor: Actor,
    product: Product,
    quantity: Decimal = Decimal(1),
    unit: Unit | None = None,
    unit_price: Decimal | None = None,
    price_quantity: Decimal = ONE,
    discount_amount: Decimal | None = None,
    discount_rate: Decimal | None = None,
) -> OpportunityLine:
    """Add a product the customer is interested in; a computed revenue follows.

    A typed price is final, for so many units: no volume discount comes off it. A typed discount is
    for the whole line or for each unit, as the company gives discounts.
    """
    opportunity = lock_open_opportunity(opportunity_id)
    if unit_price is not None:
        check_price(actor)
    _check_quantity(quantity)
    discounts: LineFields = {"discount_amount": discount_amount, "discount_rate": discount_rate}
    clear_other_discount(discounts)
    unit, day = unit or product.default_unit, default_company().today()
    line = _new_line(opportunity, quantity=quantity, **discounts)
    put_product(line, product, unit, day)
    price_list = _price_list(opportunity, day)
    with error_context(line, "quantity"):
        found = look_up(price_list, product, unit, quantity, day)
    _take_price(line, found, unit_price, price_quantity)
    return _added(line, opportunity)


@transaction.atomic
def add_opportunity_deduction(
    opportunity_id: uuid.UUID,
    *,
    actor: Actor,
    description: str,
    unit_price: Decimal,
    price_quantity: Decimal = ONE,
    quantity: Decimal = Decimal(1),
    product_category: ProductCategory | None = None,
    tax_category: TaxCategory | None = None,
) -> OpportunityLine:
    """Add a trade-in or rebate; the price is what it takes off. A computed revenue follows."""
    opportunity = lock_open_opportunity(opportunity_id)
    _check_quantity(quantity)
    line = _new_line(
        opportunity,
        kind=OpportunityLine.Kind.DEDUCTION,
        description=description,
        quantity=quantity,
        price_quantity=price_quantity,
        price_source=OpportunityLine.PriceSource.TYPED,
        product_category=product_category,
        tax_category=tax_category,
    )
    line.unit_price = line.signed_price(unit_price)
    take_tax_category(line)
    return _added(line, opportunity)


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
    if not opportunity.is_open:
        raise IllegalTransition(
            gettext("%(opportunity)s is %(status)s: reopen it first.")
            % {"opportunity": opportunity, "status": opportunity.status_word}
        )
    return opportunity


def _check_quantity(quantity: Decimal) -> None:
    check_number(quantity, "quantity")
    if quantity <= 0:
        raise needs_quantity(field="quantity")


def opportunity_terms(line: OpportunityLine, currency: str) -> Terms:
    """Return the terms that a line of an opportunity is priced on: before tax."""
    return Terms(
        currency,
        rounding=Rounding(line.rounding),
        per_unit_discount=line.discounts_each_unit,
    )


def no_price_reason(line: OpportunityLine, currency: str) -> str:
    """Return why a line counts nothing, and how it gets a price; empty where it has one."""
    if line.unit_price is not None:
        return ""
    return gettext(
        "No price per %(unit)s is known, so this line counts %(nothing)s: remove it, then add it "
        "with a typed price, or once a price list in %(currency)s has the product."
    ) % {"unit": line.unit, "nothing": format_money(ZERO, currency), "currency": currency}


def _new_line(opportunity: Opportunity, **fields: object) -> OpportunityLine:
    last = opportunity.lines.aggregate(last=Max("position"))["last"] or 0
    company = default_company()
    return OpportunityLine(
        opportunity=opportunity,
        position=last + 1,
        rounding=company.rounding,
        discount_method=company.discount_method,
        **fields,
    )


def _added(line: OpportunityLine, opportunity: Opportunity) -> OpportunityLine:
    """Check a new line, work it out and save it."""
    terms = opportunity_terms(line, opportunity.currency)
    check_line(line, terms)
    _take_figures(line, terms)
    line.save(force_insert=True)
    _compute_revenue(opportunity)
    return line


def _take_price(
    line: OpportunityLine, found: ListPrice, typed: Decimal | None, price_quantity: Decimal
) -> None:
    """Set the list's price with its volume discount, or the typed one."""
    found.put_on(line)
    if typed is not None:
        line.unit_price, line.price_quantity = typed, price_quantity
        line.volume_discount = ZERO
        line.price_source = OpportunityLine.PriceSource.TYPED


def _take_figures(line: OpportunityLine, terms: Terms) -> None:
    """Work the line out before tax; refuse a discount that is more than it comes to."""
    try:
        [figures] = price_document([line_input(line)], **asdict(terms)).lines
    except InvalidDiscount as error:
        error.field = error.field or "discount"
        raise
    line.base, line.discount = figures.base, figures.discount
    line.net = line.gross = figures.net


def _price_list(opportunity: Opportunity, day: dt.date) -> PriceList | None:
    """Return the account's price list, refused when out of force, or the first one in force."""
    terms = AccountTerms.objects.filter(account=opportunity.account_id).first()
    own = terms.price_list if terms else None
    if own is not None and own.currency == opportunity.currency:
        check_list(own, opportunity.currency, day)
        return own
    others = PriceList.objects.filter(currency=opportunity.currency, is_active=True)
    return next((other for other in others if other.is_valid_on(day)), None)


def _compute_revenue(opportunity: Opportunity) -> None:
    if opportunity.revenue_is_computed:
        total = opportunity.lines.aggregate(sum=Sum("net", default=Decimal(0)))["sum"]
        if total < 0:
            raise NegativeTotal(
                gettext(
                    "The lines would come to %(total)s: reduce the trade-in or rebate, "
                    "or add what it is taken off first."
                )
                % {"total": format_money(total, opportunity.currency)}
            )
        opportunity.change(expected_revenue=total)
