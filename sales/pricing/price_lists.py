"""Price list methods: how a list price is derived and rounded.

The methods and policies are those of Dynamics 365 Sales ("Set up pricing methods"). Rates are
fractions: a markup_rate of 0.25 is 25 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum

from common.sentences import Sentence
from common.sentences import sentence as _
from sales.pricing.errors import InvalidAmount, InvalidRate, MissingPrice
from sales.pricing.money import EXACT, ONE, ZERO

PRICE_STEP = Decimal("0.00001")
"""Unit prices keep five decimals."""


class PriceMethod(StrEnum):
    """How a price list item comes to its price."""

    AMOUNT = "amount"
    PERCENT_OF_LIST = "percent_of_list"
    MARKUP_CURRENT = "markup_current"
    MARKUP_STANDARD = "markup_standard"
    MARGIN_CURRENT = "margin_current"
    MARGIN_STANDARD = "margin_standard"


class PriceRounding(StrEnum):
    """Which of the neighbouring candidate prices is taken; ties go up."""

    NONE = "none"
    UP = "up"
    DOWN = "down"
    NEAREST = "nearest"


class RoundingOption(StrEnum):
    """Which prices are candidates: multiples of an amount, or prices that end in it."""

    MULTIPLE_OF = "multiple_of"
    ENDS_IN = "ends_in"


@dataclass(frozen=True, slots=True)
class PriceRule:
    """A price list item: `amount` for the method of that name, `rate` for all others.

    The price is for `price_quantity` units; a list price or cost, which is for one, is multiplied.
    """

    method: PriceMethod
    amount: Decimal | None = None
    rate: Decimal | None = None
    rounding: PriceRounding = PriceRounding.NONE
    rounding_option: RoundingOption = RoundingOption.MULTIPLE_OF
    rounding_amount: Decimal | None = None
    price_quantity: Decimal = ONE


@dataclass(frozen=True, slots=True)
class ProductCosts:
    """The product's own list price and costs of one unit, in the price list's currency."""

    list_price: Decimal | None = None
    current_cost: Decimal | None = None
    standard_cost: Decimal | None = None


def list_price(rule: PriceRule, costs: ProductCosts, *, line: str | None = None) -> Decimal:
    """Work out a price list item's price, to five decimals at most.

    percent of list = list × p; markup = cost × (1 + p); margin = cost / (1 − p).
    Raises MissingPrice where the amount, list price or cost is not known.
    """
    if rule.method == PriceMethod.AMOUNT:
        return _five_decimals(_known(rule.amount, _("The price list names no amount."), line))
    rate = _known(rule.rate, _("The price list names no percentage."), line)
    basis = EXACT.multiply(_basis(rule.method, costs, line), rule.price_quantity)
    price = _five_decimals(EXACT.divide(*_fraction(rule.method, basis, rate, line)))
    return _rounded(price, rule, line)


def _known(figure: Decimal | None, message: Sentence, line: str | None) -> Decimal:
    if figure is None:
        raise MissingPrice(message, line=line)
    return figure


def _basis(method: PriceMethod, costs: ProductCosts, line: str | None) -> Decimal:
    if method == PriceMethod.PERCENT_OF_LIST:
        return _known(costs.list_price, _("The product has no list price."), line)
    if method in {PriceMethod.MARKUP_CURRENT, PriceMethod.MARGIN_CURRENT}:
        return _known(costs.current_cost, _("The product has no current cost."), line)
    return _known(costs.standard_cost, _("The product has no standard cost."), line)


def _fraction(
    method: PriceMethod, basis: Decimal, rate: Decimal, line: str | None
) -> tuple[Decimal, Decimal]:
    """Give the price as numerator and denominator, so that it is divided and rounded once."""
    if method == PriceMethod.PERCENT_OF_LIST:
        if rate < 0:
            raise InvalidRate(_("A price is at least 0%% of the list price."), line=line)
        return EXACT.multiply(basis, rate), ONE
    if method in {PriceMethod.MARKUP_CURRENT, PriceMethod.MARKUP_STANDARD}:
        if rate < -1:
            raise InvalidRate(
                _("A markup is at least −100%%: it cannot take off more than the cost."), line=line
            )
        return EXACT.multiply(basis, 1 + rate), ONE
    if rate >= 1:
        raise InvalidRate(
            _("A margin is below 100%% of the price: lower it, or choose a markup on the cost."),
            line=line,
        )
    return basis, 1 - rate


def _five_decimals(price: Decimal) -> Decimal:
    return price.quantize(PRICE_STEP, ROUND_HALF_UP, EXACT)


def check_rounding(
    rounding: PriceRounding, amount: Decimal | None, line: str | None = None
) -> None:
    """Refuse to round prices to multiples of nothing, or to end in it."""
    if rounding != PriceRounding.NONE and (amount or ZERO) <= 0:
        raise InvalidAmount(_("Rounding needs an amount above zero."), line=line)


def _rounded(price: Decimal, rule: PriceRule, line: str | None) -> Decimal:
    """Move to a candidate k·step + offset; a price never becomes negative by rounding."""
    if rule.rounding == PriceRounding.NONE:
        return price
    check_rounding(rule.rounding, rule.rounding_amount, line)
    amount = rule.rounding_amount or ZERO
    step, offset = amount, ZERO
    if rule.rounding_option == RoundingOption.ENDS_IN:
        step, offset = _power_of_ten_above(amount), amount

    places = EXACT.divide(EXACT.subtract(price, offset), step)
    place = max(ZERO, _WHOLE[rule.rounding](places))
    return _five_decimals(EXACT.add(EXACT.multiply(place, step), offset))


def _power_of_ten_above(amount: Decimal) -> Decimal:
    """Find the smallest power of ten above the amount: 1 for 0.99, 10 for 5, 100 for 10."""
    return ONE.scaleb(amount.adjusted() + 1)


def _nearest(places: Decimal) -> Decimal:
    return EXACT.add(places, Decimal("0.5")).to_integral_value(ROUND_FLOOR)


_WHOLE = {
    PriceRounding.UP: lambda places: places.to_integral_value(ROUND_CEILING),
    PriceRounding.DOWN: lambda places: places.to_integral_value(ROUND_FLOOR),
    PriceRounding.NEAREST: _nearest,
}
