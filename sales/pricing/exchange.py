"""Exchange rates: how many units of a currency one unit of the base currency buys.

The direction is that of the European Central Bank's reference rates, with the euro as base.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from common.sentences import sentence as _
from sales.pricing.errors import InvalidRate
from sales.pricing.money import EXACT, Rounding, round_money

RATE_STEP = Decimal("0.000000000001")
"""Exchange rates keep twelve decimals."""


@dataclass(frozen=True, slots=True)
class DatedRate:
    """One base unit buys `rate` units of the currency from this day on."""

    currency: str
    on: dt.date
    rate: Decimal


def to_base(
    amount: Decimal, rate: Decimal, base: str, rounding: Rounding = Rounding.HALF_UP
) -> Decimal:
    """Express a document's amount in the base currency: amount / rate."""
    return round_money(EXACT.divide(amount, _checked(rate)), base, rounding)


def cross_rate(rate: Decimal, base_rate: Decimal) -> Decimal:
    """Quote a rate against another base: both given against a third currency, rate / base rate."""
    quotient = EXACT.divide(_checked(rate), _checked(base_rate))
    return _checked(quotient.quantize(RATE_STEP, ROUND_HALF_UP, EXACT))


def _checked(rate: Decimal) -> Decimal:
    if not rate.is_finite() or rate <= 0:
        raise InvalidRate(
            _("An exchange rate is a number above zero, not %(rate)s.", rate=str(rate))
        )
    return rate
