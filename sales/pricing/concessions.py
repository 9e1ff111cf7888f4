"""Concessions: the discount of a line or a document, measured against the reference price.

The reference price is the list price less the volume discount. Promotion codes are no concession.
A deduction, a trade-in or a rebate, is measured against nothing: it is given away as a whole.
Amounts are before tax, also where prices were typed with it, and not rounded: 10 % is 10 % of the
smallest line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

from sales.pricing.lines import LineInput, Price, Terms
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


def line_concession(line: LineInput, reference_price: Price, terms: Terms) -> Concession:
    """Compare a line with its reference price: off = full − base + manual discount.

    full = quantity × reference price / the units that it is for, whatever those of the line's are.
    """
    with localcontext(EXACT):
        full = list_amount(line, reference_price, terms)
        return Concession(full, full - before_tax(_asked(line, terms), line, terms))


def document_concession(
    lines: Sequence[tuple[LineInput, Price]], terms: Terms
) -> Concession | None:
    """Add up the concessions of the counting lines and the discount on everything.

    None without such a discount and without deductions: then no document gives more than its lines
    do. Before there is anything to give it on, the percentage alone counts.
    """
    counting = [(line, reference_price) for line, reference_price in lines if line.counts]
    deducts = any(line.is_deduction for line, _ in counting)
    if not terms.discount_rate and not terms.discount_amount and not deducts:
        return None
    given = [line_concession(line, reference_price, terms) for line, reference_price in counting]
    if not any(each.full for each in given):
        return Concession(ONE, terms.discount_rate)
    with localcontext(EXACT):
        return Concession(
            full=sum((each.full for each in given), ZERO),
            off=sum((each.off for each in given), ZERO)
            + _off_everything([line for line, _ in counting], terms),
        )


def together(
    lines: Sequence[tuple[LineInput, Price]], on_everything: Decimal, terms: Terms
) -> Decimal:
    """Return which part of some lines their own discounts and that on everything take off."""
    sold = [(line, price) for line, price in lines if not line.is_deduction]
    by_rate = replace(terms, discount_rate=on_everything, discount_amount=ZERO)
    given = document_concession(sold, by_rate)
    return given.rate if given else ZERO


def list_discount(lines: Sequence[tuple[LineInput, Price]], terms: Terms) -> Concession:
    """Compare the counting lines, all discounts taken off, with their list prices.

    Volume discounts and promotion codes count here: it is what the customer pays less.
    """
    counting = [(line, list_price) for line, list_price in lines if line.counts]
    with localcontext(EXACT):
        full = sum((list_amount(line, price, terms) for line, price in counting), ZERO)
        net = sum((before_tax(_left(line, terms), line, terms) for line, _ in counting), ZERO)
        return Concession(full, full - net + _off_everything([one for one, _ in counting], terms))


def rate_on_everything(lines: Iterable[LineInput], terms: Terms) -> Decimal:
    """Return which part of what is sold the discount on everything and deductions take off."""
    counting = [line for line in lines if line.counts]
    with localcontext(EXACT):
        detail = sum((_left(line, terms) for line in _sold(counting)), ZERO)
        if detail <= 0:
            return terms.discount_rate
        sold, left = (
            sum((before_tax(_left(line, terms), line, terms) for line in some), ZERO)
            for some in (_sold(counting), counting)
        )
        return terms.discount_rate + terms.discount_amount / detail + (sold - left) / sold


def list_amount(line: LineInput, list_price: Price, terms: Terms) -> Decimal:
    """Return what a line comes to at a list price, before tax and unrounded."""
    return before_tax(list_price.of(line.quantity), line, terms)


def before_tax(amount: Decimal, line: LineInput, terms: Terms) -> Decimal:
    """Take the line's tax out of an amount that was typed with it."""
    if not terms.prices_include_tax or not line.tax_rate:
        return amount
    return EXACT.divide(amount, 1 + line.tax_rate)


def _sold(lines: Iterable[LineInput]) -> list[LineInput]:
    return [line for line in lines if not line.is_deduction]


def _off_everything(lines: Sequence[LineInput], terms: Terms) -> Decimal:
    """Return what the discount on everything takes off what is sold, before tax."""
    sold = _sold(lines)
    left = [_left(line, terms) for line in sold]
    detail = sum(left, ZERO)
    net = sum((before_tax(own, line, terms) for line, own in zip(sold, left, strict=True)), ZERO)
    amount = terms.discount_amount * net / detail if detail > 0 else terms.discount_amount
    return net * terms.discount_rate + amount


def _left(line: LineInput, terms: Terms) -> Decimal:
    """Return what the discount on everything is given on, as typed."""
    return _asked(line, terms) - line.promotion_discount


def _asked(line: LineInput, terms: Terms) -> Decimal:
    """Return what a line comes to after the typed discount, unrounded."""
    base = line.asked_price.of(line.quantity)
    per = line.quantity if terms.per_unit_discount else ONE
    return base * (1 - (line.discount_rate or ZERO)) - (line.discount_amount or ZERO) * per
