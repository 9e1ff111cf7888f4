"""Line arithmetic: base, discount, charge and amount of a line, with or without tax as typed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext

from common.sentences import Amount
from common.sentences import sentence as _
from sales.pricing.errors import (
    ConflictingFields,
    InvalidAmount,
    InvalidDiscount,
    NotForThisLine,
    PricingError,
)
from sales.pricing.money import EXACT, ONE, ZERO, Rounding, round_money
from sales.pricing.quantities import check_is_number, check_price_quantity
from sales.pricing.rates import check_discount_rate


@dataclass(frozen=True, slots=True)
class Price:
    """A price, and how many units it is for: 12.50 for 100."""

    amount: Decimal
    price_quantity: Decimal = ONE

    def of(self, quantity: Decimal) -> Decimal:
        """Return what so many units come to, not rounded."""
        whole = EXACT.multiply(quantity, self.amount)
        if self.price_quantity == ONE:
            return whole
        return EXACT.divide(whole, self.price_quantity)


@dataclass(frozen=True, slots=True)
class LineInput:
    """The input of pricing for a line. Rates are fractions: 0.19 is 19 %.

    The price is for ``price_quantity`` units, and so is what their volume takes off it. The manual
    discount is an amount or a rate, whichever was typed; what a promotion code takes off the line
    comes on top. The charge is one amount for the whole line, and no discount of the line is given
    on it. A credit is the same line with quantity, discount amounts and charge negated. A tax rate
    of None is one that nobody knows yet. A deduction (a trade-in or a rebate) has a price below
    zero, and neither discount nor charge.
    """

    key: str
    quantity: Decimal
    unit_price: Decimal
    volume_discount: Decimal = ZERO
    discount_amount: Decimal | None = None
    discount_rate: Decimal | None = None
    tax_rate: Decimal | None = None
    counts: bool = True
    price_quantity: Decimal = ONE
    promotion_discount: Decimal = ZERO
    is_deduction: bool = False
    charge: Decimal = ZERO

    @property
    def asked_price(self) -> Price:
        """The price less the volume discount."""
        return Price(self.unit_price - self.volume_discount, self.price_quantity)


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed for the document as a whole."""

    currency: str
    discount_amount: Decimal = ZERO
    discount_rate: Decimal = ZERO
    freight: Decimal = ZERO
    prices_include_tax: bool = False
    rounding: Rounding = Rounding.HALF_UP
    per_unit_discount: bool = False

    def round(self, amount: Decimal) -> Decimal:
        """Round by the document's currency and rule."""
        return round_money(amount, self.currency, self.rounding)


@dataclass(frozen=True, slots=True)
class TypedLine:
    """A line as typed: base, discount, charge, and amount = base − discount + charge."""

    source: LineInput
    base: Decimal
    discount: Decimal
    charge: Decimal
    amount: Decimal

    @property
    def discountable(self) -> Decimal:
        """What is left of the base to give a discount on: the charge is not."""
        return self.base - self.discount


def typed_line(line: LineInput, terms: Terms) -> TypedLine:
    """Work a line out: base = quantity × (unit price − volume discount) / price quantity.

    Must run in the EXACT context. Every error it raises names the line.
    """
    try:
        _check_numbers(line, terms.currency)
        base = terms.round(line.asked_price.of(line.quantity))
        discount = line_discount(line, base, terms)
        charge = line_charge(line, terms)
    except PricingError as error:
        error.line = line.key
        raise
    return TypedLine(line, base, discount, charge, base - discount + charge)


def line_discount(line: LineInput, base: Decimal, terms: Terms) -> Decimal:
    """Add up the line's manual discount and what a promotion code takes off it."""
    discount = manual_discount(line, base, terms)
    if line.promotion_discount:
        discount += terms.round(line.promotion_discount)
    if line.is_deduction:
        refuse_discounts(discount)
    if discount and not is_part_of(discount, base):
        raise InvalidDiscount(
            _(
                "A discount is at most what its line comes to: "
                "lower it from %(discount)s to %(base)s or less.",
                discount=Amount(discount, terms.currency),
                base=Amount(base, terms.currency),
            )
        )
    return discount


def line_charge(line: LineInput, terms: Terms) -> Decimal:
    """Round the charge of a line: above zero of what is sold, below of what is credited."""
    charge = terms.round(line.charge)
    if charge and line.is_deduction:
        raise NotForThisLine(_("A trade-in or rebate has no charge: change its price."))
    if charge and charge * line.quantity <= 0:
        raise InvalidAmount(
            _(
                "A charge of %(charge)s does not fit a quantity of %(quantity)s.",
                charge=Amount(charge, terms.currency),
                quantity=line.quantity,
            )
        )
    return charge


def manual_discount(line: LineInput, base: Decimal, terms: Terms) -> Decimal:
    """Take the typed amount (times quantity, if it is per unit), or base × rate."""
    check_one_discount(line.discount_amount or None, line.discount_rate or None)
    if line.discount_rate:
        check_discount_rate(line.discount_rate)
        return terms.round(base * line.discount_rate)
    if not line.discount_amount:
        return terms.round(ZERO)
    per = line.quantity if terms.per_unit_discount else ONE
    return terms.round(line.discount_amount * per)


def own_discount(line: LineInput, discount: Decimal, terms: Terms) -> Decimal:
    """Return what of a line's stored discount no promotion code gives, in the terms of its price.

    Where prices include tax the stored one is without: as typed if that comes to it, or else (as of
    a part of a line) with its tax again.
    """
    with localcontext(EXACT):
        by_code = terms.round(line.promotion_discount)
        factor = 1 + (line.tax_rate or ZERO) if terms.prices_include_tax else ONE
        typed = manual_discount(line, terms.round(line.asked_price.of(line.quantity)), terms)
        if terms.round((typed + by_code) / factor) == discount:
            return typed
        return terms.round(discount * factor) - by_code


def check_one_discount(amount: Decimal | None, rate: Decimal | None) -> None:
    """Refuse a discount that is given both as an amount and as a percentage."""
    if amount is not None and rate is not None:
        raise ConflictingFields(
            _("Give the discount as an amount or as a percentage, not both."), field="discount"
        )


def refuse_discounts(*discounts: Decimal | None) -> None:
    """Refuse any discount on a trade-in or rebate: its price says what it takes off."""
    if any(discounts):
        raise NotForThisLine(
            _("No discount is given on a trade-in or rebate: change its price."), field="discount"
        )


def is_part_of(part: Decimal, whole: Decimal) -> bool:
    """Return whether part lies between zero and whole, on whichever side of zero whole is."""
    return 0 <= part <= whole or whole <= part <= 0


def part_within(part: Decimal, whole: Decimal) -> Decimal:
    """Return the part, or zero or the whole if it lies beyond one of them."""
    return max(min(part, max(whole, ZERO)), min(whole, ZERO))


def _check_numbers(line: LineInput, currency: str) -> None:
    check_is_number(line.quantity)
    if not line.unit_price.is_finite():
        raise InvalidAmount(_("Give the price as a number."))
    if not line.volume_discount.is_finite():
        raise InvalidDiscount(_("Give the volume discount as a number."))
    if line.price_quantity != ONE:
        check_price_quantity(line.price_quantity)
    if line.volume_discount and not is_part_of(line.volume_discount, line.unit_price):
        raise InvalidDiscount(
            _(
                "A volume discount of %(discount)s does not fit a price of %(price)s.",
                discount=Amount(line.volume_discount, currency),
                price=Amount(line.unit_price, currency),
            )
        )
