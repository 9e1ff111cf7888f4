"""Amounts and taxes of the supply-chain system: exact fractions, rounded once at the end of a line.

Its arithmetic is its own and shares nothing with Throughline's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

DEFAULT_DIGITS = 2


@dataclass(frozen=True, slots=True)
class Currencies:
    """The decimals of each currency as this system is set up; any other has two."""

    digits: Mapping[str, int] = field(default_factory=dict)

    def digits_of(self, currency: str) -> int:
        """Return the number of decimals of a currency."""
        return self.digits.get(currency.upper(), DEFAULT_DIGITS)


@dataclass(frozen=True, slots=True)
class LineTerms:
    """What a line is sold at. Price and discount are for ``price_unit`` units."""

    price: Decimal
    price_unit: Decimal = Decimal(1)
    discount: Decimal = Decimal(0)
    discount_percent: Decimal = Decimal(0)
    charge: Decimal = Decimal(0)


def round_half_up(value: Fraction, digits: int) -> Decimal:
    """Round to a number of decimals; exactly half goes away from zero.

    >>> round_half_up(Fraction("-2.345"), 2)
    Decimal('-2.35')
    """
    scaled = abs(value) * 10**digits
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(-whole if value < 0 else whole).scaleb(-digits)


def line_amount(quantity: Decimal, terms: LineTerms, digits: int) -> Decimal:
    """Return the amount of a line.

    It is round(q × (price − discount) / price unit × (1 − percent / 100) + charge), half up.

    >>> line_amount(Decimal(3), LineTerms(Decimal(20), discount=Decimal("3.33"),
    ...                                   charge=Decimal("-0.01")), 2)
    Decimal('50.00')
    """
    each = Fraction(terms.price) - Fraction(terms.discount)
    goods = Fraction(quantity) * each / Fraction(terms.price_unit)
    left = 1 - Fraction(terms.discount_percent) / 100
    return round_half_up(goods * left + Fraction(terms.charge), digits)


@dataclass(frozen=True, slots=True)
class TaxTerms:
    """How an order is taxed: what is left of a line after the header discount, and the base.

    ``share`` is from 0 to 1. ``is_included`` says that the amounts have the tax in them.
    """

    share: Fraction
    is_included: bool


def line_tax(amount: Decimal, rate: Decimal, terms: TaxTerms, digits: int) -> Decimal:
    """Return the tax on the amount of a line; ``rate`` is a fraction, 0.19 is 19 %."""
    base, fraction = Fraction(amount) * terms.share, Fraction(rate)
    if terms.is_included:
        fraction /= 1 + fraction
    return round_half_up(base * fraction, digits)


def left_after(discount: Decimal, amount: Decimal) -> Fraction:
    """Return the share of the lines' amount that a header discount leaves."""
    return 1 - Fraction(discount) / Fraction(amount) if amount else Fraction(1)


def part_of(total: Decimal, part: Decimal, whole: Decimal, digits: int) -> Decimal:
    """Return the share of a total that a part of a whole has; all of it for a whole of nothing.

    >>> part_of(Decimal("10.00"), Decimal(1), Decimal(3), 2)
    Decimal('3.33')
    """
    if not whole:
        return total
    return round_half_up(Fraction(total) * Fraction(part) / Fraction(whole), digits)
