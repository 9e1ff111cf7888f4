"""Concessions: the discount of a line or a document, measured against the reference price.

The reference price is the list price less the volume discount. Promotion codes are no concession.
All amounts are as typed, with or without tax, and not rounded: 10 % is 10 % of the smallest line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from sales.pricing.lines import LineInput, Terms
from sales.pricing.money import EXACT, ONE, ZERO

TINY = Decimal("1e-9")
"""Differences of rates below this are rounding."""


@dataclass(frozen=True, slots=True)
class Concession:
    """``off`` was taken off ``full``; a negative one is a surcharge."""

    full: Decimal = ZERO
    off: Decimal = ZERO

    @property
    def rate(self) -> Decimal:
        """The part that was given, as a fraction."""
        return EXACT.divide(self.off, self.full) if self.full > 0 else ZERO

    def exceeds(self, rate: Decimal) -> bool:
        """Return whether a larger part was given than this."""
        return self.rate > rate + TINY


def line_concession(line: LineInput, reference_price: Decimal, terms: Terms) -> Concession:
    """Compare a line with its reference price: off = full − base + manual discount.

    full = quantity × reference price per unit.
    """
    with localcontext(EXACT):
        full = line.quantity * reference_price / line.price_quantity
        return Concession(full, full - _asked(line, terms))


def document_concession(
    lines: Sequence[tuple[LineInput, Decimal]], terms: Terms
) -> Concession | None:
    """Add up the concessions of the counting lines and the discount on everything.

    None where there is no discount on everything: then no document gives more than its lines do.
    Before there is anything to give it on, the percentage alone counts.
    """
    if not terms.discount_rate and not terms.discount_amount:
        return None
    counting = [(line, reference_price) for line, reference_price in lines if line.counts]
    given = [line_concession(line, reference_price, terms) for line, reference_price in counting]
    if not any(each.full for each in given):
        return Concession(ONE, terms.discount_rate)
    with localcontext(EXACT):
        detail = sum((_asked(line, terms) - line.promotion_discount for line, _ in counting), ZERO)
        return Concession(
            full=sum((each.full for each in given), ZERO),
            off=sum((each.off for each in given), ZERO)
            + terms.discount_amount
            + detail * terms.discount_rate,
        )


def _asked(line: LineInput, terms: Terms) -> Decimal:
    """Return what a line comes to after the typed discount, unrounded."""
    base = line.quantity * (line.unit_price - line.volume_discount) / line.price_quantity
    per = line.quantity if terms.per_unit_discount else ONE
    return base * (1 - (line.discount_rate or ZERO)) - (line.discount_amount or ZERO) * per
