"""Discount residue: a discount of a whole line as one per unit, and the charge that it leaves.

Here a line has one discount D for all its units. A supply-chain system has a discount per unit and
a signed charge on the line, and rounds once, at the end of the line. With q units and a price for
u of them (the price quantity), exactly half going away from zero:

* out: unit = round(D × u / q), charge = net here − round(q × (price − unit) / u). Without a price
  it is charge = round(q × unit / u) − D, which is the same for whole q and u = 1.
* in: D = round(q × price / u) − amount of their line + genuine charge. Without a price it is
  D = round(q × unit / u) − residue.

The charge of their line is our residue and a genuine charge in one; what each was is remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from common.sentences import Sentence
from common.sentences import sentence as _
from sales.pricing.errors import InvalidAmount, InvalidDiscount, InvalidQuantity
from sales.pricing.lines import Price, is_part_of
from sales.pricing.money import EXACT, ONE, ZERO, Rounding, round_to


@dataclass(frozen=True, slots=True)
class PerUnit:
    """A line's discount as they keep it: per unit (or per price quantity), and the charge."""

    unit: Decimal
    charge: Decimal


@dataclass(frozen=True, slots=True)
class TheirLine:
    """The amounts of a line as they report it.

    ``line_amount`` is before tax, with the charge in it; None where they do not report it.
    """

    quantity: Decimal
    charge: Decimal = ZERO
    unit: Decimal = ZERO
    price: Decimal | None = None
    line_amount: Decimal | None = None
    price_quantity: Decimal = ONE


@dataclass(frozen=True, slots=True)
class Split:
    """What a charge is made of; nothing is remembered of a line that they made."""

    residue: Decimal = ZERO
    genuine: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class LineReading:
    """What a line of theirs is here: the discount of the whole line, and what their charge is."""

    discount: Decimal
    split: Split


NOTHING_REMEMBERED = Split()


def to_per_unit(
    discount: Decimal,
    quantity: Decimal,
    *,
    exponent: int,
    price_quantity: Decimal | int = 1,
    unit_price: Decimal | None = None,
    rounding: Rounding = Rounding.HALF_UP,
) -> PerUnit:
    """Divide the discount of a line into one per unit and the residue.

    ``rounding`` is the rule of our document; they always round half away from zero.

    >>> to_per_unit(Decimal("10.00"), Decimal(3), exponent=2)
    PerUnit(unit=Decimal('3.33'), charge=Decimal('-0.01'))
    """
    check_digits(discount, exponent)
    unit = ZERO
    if quantity:
        whole = EXACT.multiply(discount, Decimal(price_quantity))
        unit = EXACT.divide(whole, quantity)
    line = TheirLine(
        quantity,
        unit=round_to(unit, exponent),
        price=unit_price,
        price_quantity=Decimal(price_quantity),
    )
    return PerUnit(line.unit, _undivided(line, exponent, rounding) - discount)


def to_line_discount(
    theirs: TheirLine,
    residue: Decimal,
    *,
    exponent: int,
    rounding: Rounding = Rounding.HALF_UP,
) -> Decimal:
    """Return the discount of their line, of whose charge so much is the residue.

    >>> line = TheirLine(Decimal(3), unit=Decimal("3.33"))
    >>> to_line_discount(line, Decimal("-0.01"), exponent=2)
    Decimal('10.00')
    """
    return _undivided(theirs, exponent, rounding) - residue


def read_charge(
    theirs: TheirLine,
    remembered: Split = NOTHING_REMEMBERED,
    *,
    exponent: int,
    rounding: Rounding = Rounding.HALF_UP,
) -> LineReading:
    """Tell residue and genuine charge apart, and work out the discount of the line.

    Residue and genuine charge make their charge, so the line's net is theirs; but in a line of
    quantity 0, which is cancelled, and keeps at most a genuine charge.
    """
    nothing = round_to(ZERO, exponent)
    split = _split(round_to(theirs.charge, exponent), remembered, nothing)
    if not theirs.quantity:
        return LineReading(nothing, Split(nothing, split.genuine))
    discount = to_line_discount(theirs, split.residue, exponent=exponent, rounding=rounding)
    if discount < 0:
        residue = split.residue + discount
        return LineReading(nothing, Split(residue, theirs.charge - residue))
    return LineReading(discount, split)


def not_a_number(figure: object) -> Sentence:
    """Say that what another system reports as a figure is none."""
    return _("“%(figure)s” is not a number.", figure=figure)


def _split(charge: Decimal, remembered: Split, nothing: Decimal) -> Split:
    """Split their charge: as remembered, with the residue cleared, or with another charge."""
    residue, genuine = nothing + remembered.residue, nothing + remembered.genuine
    if charge == residue + genuine:
        return Split(residue, genuine)
    if charge in (nothing, genuine):
        return Split(nothing, charge)
    return Split(residue, charge - residue) if charge >= residue else Split(charge, nothing)


def _undivided(line: TheirLine, exponent: int, rounding: Rounding) -> Decimal:
    """Return what their discounts take off the line, before any residue.

    It is what their line is short of our base, or round(q × unit / u) where no price is known.
    """
    if line.price is None:
        return round_to(Price(line.unit, line.price_quantity).of(line.quantity), exponent)
    base = round_to(Price(line.price, line.price_quantity).of(line.quantity), exponent, rounding)
    if line.line_amount is not None:
        return base - (line.line_amount - line.charge)
    discounted = Price(line.price - line.unit, line.price_quantity)
    return base - round_to(discounted.of(line.quantity), exponent)


def check_line(
    theirs: TheirLine,
    remembered: Split = NOTHING_REMEMBERED,
    *,
    exponent: int,
    line: str | None = None,
) -> None:
    """Refuse amounts that no line of an order has.

    Raises InvalidQuantity for less than none, InvalidAmount for what is no number or is finer than
    the currency, InvalidDiscount for more than the line comes to.
    """
    for figure in (theirs.quantity, theirs.charge, theirs.unit, theirs.price, theirs.line_amount):
        if figure is not None and not figure.is_finite():
            raise InvalidAmount(not_a_number(figure), line=line)
    if theirs.quantity < 0:
        raise InvalidQuantity(
            _("Report a return as a return, not as an order line with a negative quantity."),
            line=line,
        )
    check_digits(theirs.charge, exponent, line)
    check_digits(theirs.line_amount or ZERO, exponent, line)
    if round_to(theirs.unit, exponent) != theirs.unit:
        check_digits(Price(theirs.unit, theirs.price_quantity).of(theirs.quantity), exponent, line)
    _check_discount(theirs, remembered, exponent, line)


def check_digits(amount: Decimal, exponent: int, line: str | None = None) -> None:
    """Refuse an amount that is finer than the currency."""
    if round_to(amount, exponent) != amount:
        raise InvalidAmount(
            _(
                "%(amount)s has more decimals than the %(exponent)d of the order's currency.",
                amount=amount,
                exponent=exponent,
            ),
            line=line,
        )


def _check_discount(theirs: TheirLine, remembered: Split, exponent: int, line: str | None) -> None:
    if theirs.price is None:
        return
    base = round_to(Price(theirs.price, theirs.price_quantity).of(theirs.quantity), exponent)
    discount = read_charge(theirs, remembered, exponent=exponent).discount
    if discount and not is_part_of(discount, base):
        raise InvalidDiscount(
            _(
                "The discount of %(discount)s is more than the line's %(base)s.",
                discount=discount,
                base=base,
            ),
            line=line,
        )
