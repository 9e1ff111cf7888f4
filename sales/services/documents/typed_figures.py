"""Typed figures: refuses what is no number, below zero, too large, or finer than its currency."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from common.formatting import decimals_rule
from common.sentences import sentence as _
from sales.pricing.errors import InvalidAmount, InvalidDiscount, InvalidQuantity, PricingError
from sales.pricing.money import is_finer, is_storable, round_money
from sales.pricing.price_lists import PRICE_STEP
from sales.pricing.quantities import check_price_quantity

FIGURES: Mapping[str, type[PricingError]] = {
    "quantity": InvalidQuantity,
    "discount": InvalidDiscount,
    "discount_amount": InvalidDiscount,
}
"""What is wrong with a figure in these fields; in any other field it is an amount."""


def check_number(figure: Decimal, field: str) -> None:
    """Refuse a figure that the database could not store."""
    if figure.is_finite() and is_storable(figure):
        return
    refusal = FIGURES.get(field, InvalidAmount)
    raise refusal(_("Give a number of at most 15 digits before the decimal sign."), field=field)


def check_numbers(fields: Mapping[str, object]) -> None:
    """Refuse quantities and prices that cannot even be compared with what is stored."""
    for name in ("quantity", "unit_price"):
        figure = fields.get(name)
        if isinstance(figure, Decimal):
            check_number(figure, name)
    units = fields.get("price_quantity")
    if isinstance(units, Decimal):
        check_price_units(units)


def check_price(price: Decimal) -> None:
    """Refuse a price that the database could not store, or would round."""
    check_number(price, "unit_price")
    if is_finer(price, PRICE_STEP):
        raise InvalidAmount(_("A price has at most 5 decimals."), field="unit_price")


def check_price_units(units: Decimal) -> None:
    """Refuse a number of units that no price can be for; it is typed behind the price."""
    try:
        check_price_quantity(units)
    except InvalidQuantity as error:
        error.field = "unit_price"
        raise


def check_amount(amount: Decimal, currency: str, field: str) -> None:
    """Refuse an amount of money below zero, or with more decimals than its currency has."""
    check_number(amount, field)
    if amount < 0:
        raise InvalidAmount(_("An amount cannot be negative: enter 0 or more."), field=field)
    if amount != round_money(amount, currency):
        refusal = FIGURES.get(field, InvalidAmount)
        raise refusal(decimals_rule(currency), field=field)


def check_discount_amount(amount: Decimal, currency: str, field: str) -> None:
    """Refuse a discount below zero, or with more decimals than its currency has."""
    if amount.is_finite():
        _check_not_negative(amount, field)
    check_amount(amount, currency, field)


def check_unit_discount(amount: Decimal, field: str) -> None:
    """Refuse a discount of each unit below zero, or with more than the five decimals of a price."""
    check_number(amount, field)
    _check_not_negative(amount, field)
    if is_finer(amount, PRICE_STEP):
        raise InvalidDiscount(_("A discount of each unit has at most 5 decimals."), field=field)


def _check_not_negative(discount: Decimal, field: str) -> None:
    if discount < 0:
        raise InvalidDiscount(_("A discount cannot be negative: enter 0 or more."), field=field)
