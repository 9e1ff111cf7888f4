"""Due dates: months, days and end of month; instalments; and the early-payment discount."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from common.sentences import sentence as _
from sales.pricing.allocation import allocate
from sales.pricing.errors import InvalidPaymentTerms
from sales.pricing.money import EXACT, ZERO, Rounding, round_money


@dataclass(frozen=True, slots=True)
class DueRule:
    """How long after issue an amount is due."""

    days: int = 0
    months: int = 0
    end_of_month: bool = False

    def due_on(self, issued_on: dt.date) -> dt.date:
        """Add the months, then the days; with ``end_of_month`` the last day of that month.

        A month that is too short gives its last day.

        >>> DueRule(months=1).due_on(dt.date(2028, 1, 31))
        datetime.date(2028, 2, 29)
        """
        year, month = divmod(issued_on.year * 12 + issued_on.month - 1 + self.months, 12)
        day = min(issued_on.day, calendar.monthrange(year, month + 1)[1])
        due = dt.date(year, month + 1, day) + dt.timedelta(days=self.days)
        if not self.end_of_month:
            return due
        return due.replace(day=calendar.monthrange(due.year, due.month)[1])


@dataclass(frozen=True, slots=True)
class Share:
    """A part of what is due, and when; 0.3 is 30 %."""

    rate: Decimal
    when: DueRule


@dataclass(frozen=True, slots=True)
class Due:
    """An amount that should have come by a day."""

    due_on: dt.date
    amount: Decimal


def split_by_shares(
    total: Decimal, shares: Sequence[Share], *, currency: str, issued_on: dt.date
) -> list[Due]:
    """Split what is due: part = total × share, by largest remainder, the earliest part first.

    A part too small for a coin is left out.
    Raises InvalidPaymentTerms if the shares do not make the whole.
    """
    if sum((share.rate for share in shares), ZERO) != 1:
        raise InvalidPaymentTerms(_("The shares of the payment terms must add up to 100%%."))
    ordered = sorted(shares, key=lambda share: share.when.due_on(issued_on))
    amounts = allocate(total, [share.rate for share in ordered], currency)
    return [
        Due(share.when.due_on(issued_on), amount)
        for share, amount in zip(ordered, amounts, strict=True)
        if amount
    ]


def open_amounts(parts: Sequence[Due], settled: Decimal) -> list[Decimal]:
    """Return what is left of each part when what was settled goes to the oldest first."""
    left = []
    for part in parts:
        taken = max(ZERO, min(settled, part.amount))
        left.append(part.amount - taken)
        settled -= taken
    return left


def early_payment_discount(
    total: Decimal, rate: Decimal, currency: str, rounding: Rounding = Rounding.HALF_UP
) -> Decimal:
    """Return the discount for paying early: total, tax included, × rate, rounded.

    It is taken off the whole amount, as EN 16931 invoices announce it (XRechnung, BT-20, *Skonto*).

    >>> early_payment_discount(Decimal("119.99"), Decimal("0.02"), "EUR")
    Decimal('2.40')
    """
    return round_money(EXACT.multiply(total, rate), currency, rounding)


@dataclass(frozen=True, slots=True)
class EarnedDiscount:
    """An early-payment discount that was earned: how much, and on how much that was asked for."""

    amount: Decimal
    asked: Decimal


def earned_discount(
    asked: Sequence[Decimal], came: Iterable[Decimal], offer: Callable[[Decimal], Decimal]
) -> EarnedDiscount | None:
    """Return the discount that money in time earned; None if it did not.

    ``asked`` is what was asked for at first and after each credit, ``came`` the money in time in
    the order in which it counts, and ``offer`` says which discount is offered on an amount. The
    discount is the rest once no more is open than is offered; money beyond that leaves it as it is.

    >>> came = [Decimal(60), Decimal(58), Decimal(9)]
    >>> earned_discount([Decimal(120)], came, lambda asked: Decimal(2))
    EarnedDiscount(amount=Decimal('2'), asked=Decimal('120'))
    """
    sums = list(accumulate(came))
    for amount in asked:
        offered = offer(amount)
        enough = next((paid for paid in sums if amount - paid <= offered), None)
        if enough is not None:
            return EarnedDiscount(max(ZERO, amount - enough), amount)
    return None


def kept_discount(
    given: Decimal,
    *,
    asked_before: Decimal,
    asked: Decimal,
    currency: str,
    rounding: Rounding = Rounding.HALF_UP,
) -> Decimal:
    """Shrink a discount with what it was given on: given × asked / asked before, rounded."""
    if asked_before <= 0:
        return ZERO
    kept = EXACT.divide(EXACT.multiply(given, asked), asked_before)
    return round_money(kept, currency, rounding)
