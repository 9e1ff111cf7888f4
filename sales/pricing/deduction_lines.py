"""Deduction lines of an order: what trade-ins and rebates take off its invoices.

They are counted in money, not in units, and taken off by the rule of advances: at each tax rate,
what is not taken off yet × sold now ÷ left to sell before. So no invoice takes off more than it
bills, and the one that bills the rest takes off all that is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sales.pricing.advances import TaxAmount, deduct
from sales.pricing.allocation import allocate
from sales.pricing.money import Rounding
from sales.pricing.partial import Amounts

Rate = Decimal


@dataclass(frozen=True, slots=True)
class DeductionLine:
    """A trade-in or rebate of an order: what it takes off, and has taken off. All above zero."""

    key: str
    rate: Rate
    agreed: TaxAmount
    taken: TaxAmount = field(default_factory=TaxAmount)

    @property
    def open(self) -> TaxAmount:
        """What it does not take off yet."""
        return self.agreed - self.taken

    @property
    def billed(self) -> Amounts:
        """What it took off, as the figures of a line, which are below zero."""
        return amounts_off(self.taken)


def amounts_off(taken: TaxAmount) -> Amounts:
    """Return the figures of a line that takes so much off."""
    return Amounts(-taken.taxable, tax=-taken.tax)


def take_off(
    lines: Sequence[DeductionLine],
    now: TaxAmount,
    left: TaxAmount,
    currency: str,
    rounding: Rounding,
) -> dict[str, TaxAmount]:
    """Return what lines of one tax rate take off an invoice that sells `now` of `left`."""
    taken = deduct(total_open(lines), now, left, currency, rounding)
    return share_out(taken, lines, currency)


def share_out(
    amount: TaxAmount, lines: Sequence[DeductionLine], currency: str
) -> dict[str, TaxAmount]:
    """Share an amount out over lines in proportion to what is open of them; none that is zero."""
    keys = [line.key for line in lines]
    taxable, tax = (
        allocate(whole, opens, currency, keys=keys)
        for whole, opens in (
            (amount.taxable, [line.open.taxable for line in lines]),
            (amount.tax, [line.open.tax for line in lines]),
        )
    )
    shares = zip(keys, map(TaxAmount, taxable, tax), strict=True)
    return {key: share for key, share in shares if share}


def total_open(lines: Sequence[DeductionLine]) -> TaxAmount:
    """Add up what is not taken off yet."""
    return sum((line.open for line in lines), TaxAmount())
