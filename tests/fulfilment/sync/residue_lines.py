"""Lines of theirs, worked out apart from the code under test."""

from decimal import Decimal
from fractions import Fraction

from fulfilment.sync.residue import (
    TheirLine,
)


def half_away(exact: Fraction, exponent: int) -> Decimal:
    """Round a fraction with integers alone, half a smallest unit away from zero."""
    scaled = abs(exact) * 10**exponent
    units = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(units if exact >= 0 else -units).scaleb(-exponent)


def net_there(line: TheirLine, exponent: int) -> Decimal:
    """Work a line out as they do: rounded once, at its end."""
    price = Fraction(line.price or 0) - Fraction(line.unit)
    exact = Fraction(line.quantity) * price / Fraction(line.price_quantity)
    return half_away(exact + Fraction(line.charge), exponent)


def is_half_across_zero(line: TheirLine, exponent: int) -> bool:
    """Say whether a line without its charge lies on half a unit, on the other side of zero.

    Half goes away from zero, so the same half is then rounded the other way.
    """
    price = Fraction(line.price or 0) - Fraction(line.unit)
    exact = Fraction(line.quantity) * price / Fraction(line.price_quantity)
    is_half = (exact * 10**exponent * 2).denominator == 1 and (exact * 10**exponent).denominator > 1
    return is_half and (exact > 0) != (exact + Fraction(line.charge) > 0)


def base_here(line: TheirLine, exponent: int) -> Decimal:
    """Work a line out as we do, before its discount."""
    exact = Fraction(line.quantity) * Fraction(line.price or 0) / Fraction(line.price_quantity)
    return half_away(exact, exponent)
