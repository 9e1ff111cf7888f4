"""Down payments: what is asked ahead of the goods per tax rate, and how invoices deduct it.

A down payment is spread over the tax rates, and over freight, in proportion to what is left to bill
of each (largest remainder). A deduction has no memory: advance not deducted yet × billed now ÷ left
to bill before, so that the invoice that completes the order deducts all that is left.

Drafts count as asked ahead and deducted, so that nothing is asked twice. What is issued may deduct
no more than what issued down payments asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sales.pricing.allocation import allocate, fit_between
from sales.pricing.money import EXACT, ZERO, Rounding, round_money
from sales.pricing.partial import Amounts

Rate = Decimal


@dataclass(frozen=True, slots=True)
class TaxAmount:
    """An amount before tax and the tax on it."""

    taxable: Decimal = ZERO
    tax: Decimal = ZERO

    @classmethod
    def of(cls, amounts: Amounts) -> TaxAmount:
        """Take what is taxed of a line, and its tax."""
        return cls(amounts.taxable, amounts.tax)

    @property
    def gross(self) -> Decimal:
        """Both together."""
        return self.taxable + self.tax

    def beyond(self, limit: TaxAmount) -> TaxAmount:
        """Return how far each figure goes beyond a limit; zero where it does not."""
        return TaxAmount(max(ZERO, self.taxable - limit.taxable), max(ZERO, self.tax - limit.tax))

    def within(self, limit: TaxAmount) -> TaxAmount:
        """Return each figure, at most the limit's."""
        return TaxAmount(min(self.taxable, limit.taxable), min(self.tax, limit.tax))

    def __add__(self, other: TaxAmount) -> TaxAmount:
        return TaxAmount(self.taxable + other.taxable, self.tax + other.tax)

    def __sub__(self, other: TaxAmount) -> TaxAmount:
        return TaxAmount(self.taxable - other.taxable, self.tax - other.tax)

    def __neg__(self) -> TaxAmount:
        return TaxAmount(-self.taxable, -self.tax)

    def __bool__(self) -> bool:
        return bool(self.taxable or self.tax)


@dataclass(frozen=True, slots=True)
class Advance:
    """What was asked for ahead, less what of it was credited, and what invoices deducted.

    Both with drafts; how much of each only drafts ask for, or deduct, is known beside it.
    """

    asked: TaxAmount = TaxAmount()
    deducted: TaxAmount = TaxAmount()
    drafted: TaxAmount = TaxAmount()
    deducted_in_drafts: TaxAmount = TaxAmount()

    @property
    def open(self) -> TaxAmount:
        """What is not deducted yet."""
        return self.asked - self.deducted

    @property
    def open_issued(self) -> TaxAmount:
        """What issued documents ask for and do not deduct yet; below zero if they deduct more."""
        return self.open - self.drafted + self.deducted_in_drafts

    def __add__(self, other: Advance) -> Advance:
        return Advance(
            self.asked + other.asked,
            self.deducted + other.deducted,
            self.drafted + other.drafted,
            self.deducted_in_drafts + other.deducted_in_drafts,
        )


NO_ADVANCE = Advance()


def deduct(
    ahead: TaxAmount, now: TaxAmount, left: TaxAmount, currency: str, rounding: Rounding
) -> TaxAmount:
    """Return what an invoice that bills `now` of `left` deducts of what was asked ahead.

    Never more than the invoice bills; what is beyond that waits for the next one.
    """
    return TaxAmount(
        _part(ahead.taxable, now.taxable, left.taxable, currency, rounding),
        _part(ahead.tax, now.tax, left.tax, currency, rounding),
    )


def spread_advance(
    amount: Decimal,
    left: Mapping[Rate, TaxAmount],
    ahead: Mapping[Rate, TaxAmount],
    *,
    freight: Decimal,
    freight_ahead: Decimal,
    currency: str,
    rounding: Rounding,
) -> tuple[dict[Rate, TaxAmount], Decimal]:
    """Spread an amount, tax included, over the rates and freight in proportion to what is left.

    `left` is what is not billed yet per rate, `ahead` what was asked of that before; both together
    with the amount are spread, less what was asked before. Returns the parts that are not zero.
    """
    rates = list(left)
    gross = [*(left[rate].gross for rate in rates), freight]
    before = [*(ahead[rate].gross for rate in rates), freight_ahead]
    keys = [*(f"{rate:040.20f}" for rate in rates), "freight"]
    shares = allocate(amount + sum(before, ZERO), gross, currency, keys=keys)
    # The largest remainder may give a share less of a larger amount (the Alabama paradox).
    shares = fit_between(shares, before, gross, currency)
    groups = {
        rate: _with_tax(share, left[rate], currency, rounding, ahead[rate])
        for rate, share in zip(rates, shares, strict=False)
    }
    return {rate: group for rate, group in groups.items() if group}, shares[-1] - freight_ahead


def _part(
    ahead: Decimal, now: Decimal, left: Decimal, currency: str, rounding: Rounding
) -> Decimal:
    if not ahead or not now:
        return ZERO
    share = round_money(EXACT.divide(EXACT.multiply(ahead, now), left), currency, rounding)
    return min(share, now, ahead)


def _with_tax(
    share: Decimal, left: TaxAmount, currency: str, rounding: Rounding, before: TaxAmount
) -> TaxAmount:
    """Take the tax out of a share of a rate's gross, less what was asked of both before.

    A figure asked before is never taken back: what its rounding would give back stays with the
    other figure.
    """
    if not left.gross:
        return TaxAmount()
    exact = EXACT.divide(EXACT.multiply(left.tax, share), left.gross)
    now = share - before.gross
    tax = round_money(exact, currency, rounding) - before.tax
    tax = max(ZERO, min(tax, now))
    return TaxAmount(now - tax, tax)


def exceeds(amounts: Mapping[Rate, TaxAmount], known: Mapping[Rate, TaxAmount]) -> bool:
    """Return whether there is more at any rate than what is known."""
    return any(amount.beyond(known.get(rate, TaxAmount())) for rate, amount in amounts.items())
