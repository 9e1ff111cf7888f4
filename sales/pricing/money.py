"""Rounding of money to the minor units of its currency."""

from __future__ import annotations

from decimal import (
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from enum import StrEnum

from common.currencies import MINOR_UNITS
from common.sentences import sentence as _
from sales.pricing.errors import InvalidAmount, UnknownCurrency

ZERO = Decimal(0)
ONE = Decimal(1)

EXACT = Context(
    prec=80, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow]
)
"""Wide enough that a product of two 20-digit columns is exact and a quotient never rounds twice."""

LARGEST = Decimal(10) ** 15 - 1
"""The database keeps 15 digits before the point; rounding must not carry into a sixteenth."""

_SMALLEST_UNIT = {code: ONE.scaleb(-digits) for code, digits in MINOR_UNITS.items()}


def is_storable(figure: Decimal) -> bool:
    """Whether the database has digits enough; without ``abs``, which overflows on absurd figures.

    >>> is_storable(Decimal("1E+9999999"))
    False
    """
    return -LARGEST <= figure <= LARGEST


def is_finer(figure: Decimal, step: Decimal) -> bool:
    """Whether a figure has more decimals than a step, so that storing it would round it.

    >>> is_finer(Decimal("0.000015"), Decimal("0.00001"))
    True
    """
    return figure != figure.quantize(step, context=EXACT)


class Rounding(StrEnum):
    """How exactly half a smallest unit is rounded; a document keeps its own rule."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"


_DECIMAL_MODE = {Rounding.HALF_UP: ROUND_HALF_UP, Rounding.HALF_EVEN: ROUND_HALF_EVEN}


def minor_units(currency: str) -> int:
    """Return how many digits after the point the currency has (ISO 4217)."""
    try:
        return MINOR_UNITS[currency]
    except KeyError:
        raise UnknownCurrency(
            _("“%(currency)s” is not a currency that documents can be in.", currency=currency)
        ) from None


def round_money(amount: Decimal, currency: str, rounding: Rounding = Rounding.HALF_UP) -> Decimal:
    """Round to the currency's smallest unit; half goes away from zero unless the rule says even.

    >>> round_money(Decimal("2.345"), "EUR")
    Decimal('2.35')
    >>> round_money(Decimal("-2.345"), "EUR")
    Decimal('-2.35')
    """
    if currency not in _SMALLEST_UNIT:
        minor_units(currency)
    return _round(amount, _SMALLEST_UNIT[currency], rounding)


def round_to(amount: Decimal, digits: int, rounding: Rounding = Rounding.HALF_UP) -> Decimal:
    """Round as a currency with so many digits after the point does.

    >>> round_to(Decimal("-0.5"), 0)
    Decimal('-1')
    """
    return _round(amount, ONE.scaleb(-digits), rounding)


def _round(amount: Decimal, smallest_unit: Decimal, rounding: Rounding) -> Decimal:
    if not amount.is_finite() or not is_storable(amount):
        raise InvalidAmount(_("%(amount)s is more than a document can hold.", amount=amount))
    rounded = amount.quantize(smallest_unit, _DECIMAL_MODE[rounding], EXACT)
    return rounded or abs(rounded)  # never "-0.00"


def to_units(amount: Decimal, currency: str) -> int:
    """Count the smallest units in an amount that is already rounded."""
    units = EXACT.scaleb(amount, minor_units(currency))
    if units != units.to_integral_value():
        raise InvalidAmount(
            _(
                "Amounts in %(currency)s have at most %(digits)d decimals: "
                "enter %(rounded)s instead of %(amount)s.",
                amount=amount,
                currency=currency,
                digits=minor_units(currency),
                rounded=round_money(amount, currency),
            )
        )
    return int(units)


def from_units(units: int, currency: str) -> Decimal:
    """Turn a number of smallest units into an amount with all the currency's digits."""
    return EXACT.scaleb(Decimal(units), -minor_units(currency))
