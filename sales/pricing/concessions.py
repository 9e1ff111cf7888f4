"""Concessions: the discount of a line or a document, measured against the reference price.

The reference price is the list price less the volume discount. Promotion codes are no concession.
Amounts are before tax, also where prices were typed with it, and not rounded: 10 % is 10 % of the
smallest line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
        full = list_amount(line, reference_price, terms)
        return Concession(full, full - before_tax(_asked(line, terms), line, terms))


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
        return Concession(
            full=sum((each.full for each in given), ZERO),
            off=sum((each.off for each in given), ZERO)
            + _off_everything([line for line, _ in counting], terms),
        )


def list_discount(lines: Sequence[tuple[LineInput, Decimal]], terms: Terms) -> Concession:
    """Compare the counting lines, all discounts taken off, with their list prices per unit.

    Volume discounts and promotion codes count here: it is what the customer pays less.
    """
    counting = [(line, list_price) for line, list_price in lines if line.counts]
    with localcontext(EXACT):
        full = sum((list_amount(line, price, terms) for line, price in counting), ZERO)
        net = sum((before_tax(_left(line, terms), line, terms) for line, _ in counting), ZERO)
        return Concession(full, full - net + _off_everything([one for one, _ in counting], terms))


def rate_on_everything(lines: Iterable[LineInput], terms: Terms) -> Decimal:
    """Return which part of the lines' sum the discount on everything takes off."""
    if not terms.discount_amount:
        return terms.discount_rate
    with localcontext(EXACT):
        detail = sum((_left(line, terms) for line in lines if line.counts), ZERO)
        amount = terms.discount_amount / detail if detail > 0 else ZERO
        return terms.discount_rate + amount


def list_amount(line: LineInput, list_price: Decimal, terms: Terms) -> Decimal:
    """Return what a line comes to at a list price per unit, before tax and unrounded."""
    with localcontext(EXACT):
        return before_tax(line.quantity * list_price / line.price_quantity, line, terms)


def before_tax(amount: Decimal, line: LineInput, terms: Terms) -> Decimal:
    """Take the line's tax out of an amount that was typed with it."""
    if not terms.prices_include_tax or not line.tax_rate:
        return amount
    return EXACT.divide(amount, 1 + line.tax_rate)


def _off_everything(lines: Sequence[LineInput], terms: Terms) -> Decimal:
    """Return what the discount on everything takes off the lines, before tax."""
    left = [_left(line, terms) for line in lines]
    detail = sum(left, ZERO)
    net = sum((before_tax(own, line, terms) for line, own in zip(lines, left, strict=True)), ZERO)
    amount = terms.discount_amount * net / detail if detail > 0 else terms.discount_amount
    return net * terms.discount_rate + amount


def _left(line: LineInput, terms: Terms) -> Decimal:
    """Return what the discount on everything is given on, as typed."""
    return _asked(line, terms) - line.promotion_discount


def _asked(line: LineInput, terms: Terms) -> Decimal:
    """Return what a line comes to after the typed discount, unrounded."""
    base = line.quantity * (line.unit_price - line.volume_discount) / line.price_quantity
    per = line.quantity if terms.per_unit_discount else ONE
    return base * (1 - (line.discount_rate or ZERO)) - (line.discount_amount or ZERO) * per
