"""Rates that people type: discounts, taxes and shares, as fractions."""

from __future__ import annotations

from decimal import Decimal

from common.sentences import Percentage, Sentence
from common.sentences import sentence as _
from sales.pricing.errors import InvalidDiscount, InvalidRate
from sales.pricing.money import is_finer, is_storable

RATE_STEP = Decimal("0.000001")
"""Rates keep six decimals, which are four of a percentage."""


def check_discount_rate(rate: Decimal, field: str | None = None) -> None:
    """Refuse a discount that is not between 0 and 100 %, or that storing it would round."""
    if _is_fraction(rate):
        if is_finer(rate, RATE_STEP):
            raise InvalidDiscount(_too_fine(), field=field)
        return
    if not rate.is_finite():
        raise InvalidDiscount(_("Give the discount as a number."), field=field)
    raise InvalidDiscount(
        _("A discount is between 0%% and 100%%, not %(rate)s.", rate=_written(rate)),
        field=field,
    )


def check_tax_rate(rate: Decimal, field: str | None = None) -> None:
    """Refuse a tax rate that is not between 0 and 100 %, or that storing it would round."""
    if _is_fraction(rate):
        if is_finer(rate, RATE_STEP):
            raise InvalidRate(_too_fine(), field=field)
        return
    if not rate.is_finite():
        raise InvalidRate(_("Give the tax rate as a number."), field=field)
    raise InvalidRate(
        _("A tax rate is between 0%% and 100%%, not %(rate)s.", rate=_written(rate)),
        field=field,
    )


def check_share(rate: Decimal, field: str | None = None) -> None:
    """Refuse a share of an order to invoice that is nothing, more than all of it, or too fine."""
    if not (rate.is_finite() and 0 < rate <= 1):
        raise InvalidRate(_("Give a percentage above 0 and up to 100."), field=field)
    if is_finer(rate, RATE_STEP):
        raise InvalidRate(_too_fine(), field=field)


def _is_fraction(rate: Decimal) -> bool:
    return rate.is_finite() and 0 <= rate <= 1


def _too_fine() -> Sentence:
    return _("A percentage has at most 4 decimals.")


def _written(rate: Decimal) -> Percentage | str:
    """Show a rate as a percentage; an absurd one, which has millions of digits, as it is."""
    return Percentage(rate) if is_storable(rate) else f"{rate:E}"
