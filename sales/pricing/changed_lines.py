"""Figures of a changed order: what is billed keeps its figures, the rest takes what is left.

A line's net follows from its price and quantity. Header discount and tax are of the whole order:
each line gets at least what is billed of them, and the other lines share the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sales.pricing.allocation import allocate, fit_between
from sales.pricing.ledger_lines import LedgerLine, Rate
from sales.pricing.money import ZERO, Rounding, round_money
from sales.pricing.partial import NOTHING, Amounts


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """A line at its new quantity as priced, and the ledger's line; a new line has none."""

    rate: Rate
    quantity: Decimal
    priced: Amounts
    known: LedgerLine | None = None

    @property
    def billed(self) -> Amounts:
        """What is billed of it, which it cannot go under."""
        return self.known.billed if self.known else NOTHING

    @property
    def kept(self) -> Amounts | None:
        """The figures that it keeps, if nothing of it is open to bill."""
        return self.known.settled_at(self.quantity) if self.known else None


def agree(
    lines: Sequence[ChangedLine], currency: str, rounding: Rounding = Rounding.HALF_UP
) -> list[Amounts]:
    """Return what each line of a changed order comes to.

    The header discount stays in all what it is priced at, the tax of a rate what it comes to on
    what is taxed, as far as what is billed allows.
    """
    own = [_own_figures(line) for line in lines]
    headers = _fit(
        lines,
        [line.priced.header_discount for line in lines],
        lambda figures: figures.header_discount,
        [each.net - line.billed.taxable for each, line in zip(own, lines, strict=True)],
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
        Amounts(base, header, each.discount, tax, each.promotion)
        for base, header, each, tax in zip(taxable, headers, own, taxes, strict=True)
    ]


def _own_figures(line: ChangedLine) -> Amounts:
    """Return net, discount and promotion of a line, which no other line changes."""
    if line.kept is not None:
        return line.kept
    net = max(line.priced.net, line.billed.net)
    discount = max(line.priced.discount, line.billed.discount)
    promotion = max(line.priced.promotion, line.billed.promotion)
    return Amounts(net, discount=discount, promotion=promotion)


def _fit(
    lines: Sequence[ChangedLine],
    shares: Sequence[Decimal],
    figure: Callable[[Amounts], Decimal],
    most: Sequence[Decimal],
    currency: str,
) -> list[Decimal]:
    """Fit the lines' shares of a figure between what is billed of it and what may be."""
    least = [figure(line.kept or line.billed) for line in lines]
    upper = [
        low if line.kept is not None else max(low, high)
        for line, low, high in zip(lines, least, most, strict=True)
    ]
    return fit_between(shares, least, upper, currency)


def _taxes(
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
