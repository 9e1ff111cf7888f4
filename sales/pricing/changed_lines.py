"""Figures of a changed order: what is billed keeps its figures, the rest takes what is left.

A line's net follows from its price and quantity. Header discount and tax are of the whole order:
each line gets at least what is billed of them, and the other lines share the rest. A deduction has
figures below zero, and at least takes off what it has taken off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sales.pricing.allocation import allocate, fit_between
from sales.pricing.deduction_lines import DeductionLine, amounts_off
from sales.pricing.ledger_lines import LedgerLine, Rate
from sales.pricing.money import ZERO, Rounding, from_units, round_money
from sales.pricing.partial import NOTHING, ROUNDED_UNITS, Amounts


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """A line at its new quantity as priced, and the ledger's line; a new line has none."""

    rate: Rate
    quantity: Decimal
    priced: Amounts
    known: LedgerLine | DeductionLine | None = None
    is_deduction: bool = False
    is_changed: bool = True
    """Whether a deduction takes off another amount than before."""

    @property
    def billed(self) -> Amounts:
        """What is billed of it, which it cannot go under."""
        return self.known.billed if self.known else NOTHING

    @property
    def kept(self) -> Amounts | None:
        """The figures that it keeps: all is billed of it, or nobody changed the deduction."""
        if isinstance(self.known, LedgerLine):
            return self.known.settled_at(self.quantity)
        if self.known is not None and not self.is_changed:
            return amounts_off(self.known.agreed)
        if self.known is not None and self.priced.taxable >= self.billed.taxable:
            return self.billed
        return None

    @property
    def least(self) -> Amounts:
        """The least that it can come to; of a deduction, what was taken off."""
        return self.billed if self.is_deduction else self.kept or self.billed


def agree(
    lines: Sequence[ChangedLine], currency: str, rounding: Rounding = Rounding.HALF_UP
) -> list[Amounts]:
    """Return what each line of a changed order comes to.

    The header discount stays in all what it is priced at, the tax of a rate what it comes to on
    what is taxed, as far as what is billed allows: the tax of a rate never goes under that either.
    """
    own = [_own_figures(line, currency) for line in lines]
    headers = _fit(
        lines,
        [line.priced.header_discount for line in lines],
        lambda figures: figures.header_discount,
        [
            ZERO if line.is_deduction else each.net - line.billed.taxable
            for each, line in zip(own, lines, strict=True)
        ],
        currency,
    )
    taxable = [each.net - header for each, header in zip(own, headers, strict=True)]
    taxes = [ZERO] * len(lines)
    for rate in {line.rate for line in lines}:
        places = [place for place, line in enumerate(lines) if line.rate == rate]
        chosen = [lines[place] for place in places]
        bases = [taxable[place] for place in places]
        priced = _taxes(chosen, bases, rate, currency, rounding)
        fitted = _fit(chosen, priced, lambda figures: figures.tax, bases, currency)
        for place, tax in zip(places, fitted, strict=True):
            taxes[place] = tax
    return [
        Amounts(base, header, each.discount, tax, each.promotion, each.charge)
        for base, header, each, tax in zip(taxable, headers, own, taxes, strict=True)
    ]


def _own_figures(line: ChangedLine, currency: str) -> Amounts:
    """Return net, discount, promotion and charge of a line, which no other line changes."""
    if line.kept is not None:
        return line.kept
    if line.is_deduction:
        return line.priced
    discount = max(line.priced.discount, line.billed.discount)
    net = max(line.priced.net - (discount - line.priced.discount), line.billed.net)
    promotion = _own_promotion(line, discount, currency)
    charge = max(line.priced.charge, line.billed.charge)
    most = net + discount - line.billed.base
    return Amounts(net, discount=discount, promotion=promotion, charge=min(charge, most))


def _own_promotion(line: ChangedLine, discount: Decimal, currency: str) -> Decimal:
    """Return what of a line's discount codes give, so that this holds of what is left to bill too.

    Only the cents of rounding are moved: where prices include tax, so do promotions.
    """
    promotion = max(line.priced.promotion, line.billed.promotion)
    most = line.billed.promotion + discount - line.billed.discount
    is_rounding = promotion - most <= from_units(ROUNDED_UNITS, currency)
    return min(promotion, most) if is_rounding else promotion


def _fit(
    lines: Sequence[ChangedLine],
    shares: Sequence[Decimal],
    figure: Callable[[Amounts], Decimal],
    most: Sequence[Decimal],
    currency: str,
) -> list[Decimal]:
    """Fit the lines' shares of a figure between what is billed of it and what may be."""
    bounds = [_bounds(line, figure, limit) for line, limit in zip(lines, most, strict=True)]
    first, *others = shares
    least_of_all = sum((figure(line.least) for line in lines), ZERO)
    too_little = max(ZERO, least_of_all - sum(shares, ZERO))
    low, high = zip(*bounds, strict=True)
    return fit_between([first + too_little, *others], low, high, currency)


def _bounds(
    line: ChangedLine, figure: Callable[[Amounts], Decimal], limit: Decimal
) -> tuple[Decimal, Decimal]:
    """Return between what a figure may be; that of a deduction is below zero."""
    if line.kept is not None:
        return figure(line.kept), figure(line.kept)
    billed = figure(line.billed)
    return (min(limit, billed), billed) if line.is_deduction else (billed, max(billed, limit))


def _taxes(
    lines: Sequence[ChangedLine],
    taxable: Sequence[Decimal],
    rate: Rate,
    currency: str,
    rounding: Rounding,
) -> list[Decimal]:
    """Return the tax of what is sold and of what is deducted, each spread by itself."""
    taxes: dict[int, Decimal] = {}
    for deducted in (False, True):
        places = [place for place, line in enumerate(lines) if line.is_deduction == deducted]
        chosen, bases = [lines[place] for place in places], [taxable[place] for place in places]
        taxes |= zip(places, _spread_tax(chosen, bases, rate, currency, rounding), strict=True)
    return [taxes[place] for place in range(len(lines))]


def _spread_tax(
    lines: Sequence[ChangedLine],
    taxable: Sequence[Decimal],
    rate: Rate,
    currency: str,
    rounding: Rounding,
) -> list[Decimal]:
    """Return the lines' tax as priced; spread anew where what is taxed of a line is another."""
    priced = [line.priced.tax for line in lines]
    before = [line.priced.taxable for line in lines]
    if before == list(taxable):
        return priced
    moved = sum(taxable, ZERO) - sum(before, ZERO)
    tax = sum(priced, ZERO) + round_money(moved * rate, currency, rounding)
    return allocate(tax, taxable, currency)
