"""Lines of theirs, worked out apart from the code under test, and lines that are sent again."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from fulfilment.dialects.supply_figures import Writing, write_figures
from fulfilment.sync.residue import PerUnit, TheirLine
from sales.pricing.money import Rounding

CURRENCIES = {0: "JPY", 1: "MRU", 2: "EUR", 3: "KWD"}
"""A currency for each number of decimals."""


def line_values(
    quantity: Decimal,
    discount: Decimal,
    genuine: Decimal = Decimal(0),
    price: Decimal = Decimal(0),
    per: Decimal = Decimal(1),
) -> dict[str, Any]:
    """Write a line in canonical values, its charge without the residue."""
    return {
        "line.7.quantity": f"{quantity:f}",
        "line.7.price": {"amount": f"{price:f}", "per": f"{per:f}"},
        "line.7.discount": f"{discount:f}",
        "line.7.charge": f"{genuine:f}",
    }


def sent_again(
    ours: dict[str, Any], agreed: dict[str, Any], received: PerUnit, *, exponent: int
) -> PerUnit:
    """Write a line that they sent in two amounts and that was read as agreed, as it is now."""
    theirs = {"discount": f"{received.unit:f}", "charge": f"{received.charge:f}"}
    writing = Writing(
        CURRENCIES[exponent], Rounding.HALF_UP, received={"7": theirs}, reported=agreed
    )
    figures = write_figures("7", ours, writing)
    return PerUnit(Decimal(figures["discount"]), Decimal(figures["charge"]))


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
