"""Volume discounts: quantity bands, and what each takes off the price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import pairwise

from common.sentences import Percentage
from common.sentences import sentence as _
from sales.pricing.errors import CurrencyMismatch, InvalidBands, InvalidDiscount
from sales.pricing.money import EXACT, ONE, ZERO
from sales.pricing.price_lists import PRICE_STEP


class DiscountKind(StrEnum):
    """Whether a band's value is a fraction of the price or an amount off each unit."""

    PERCENT = "percent"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Band:
    """A range of quantities, both ends included; None is open above."""

    quantity_from: Decimal
    quantity_to: Decimal | None
    value: Decimal

    def holds(self, quantity: Decimal) -> bool:
        """Return whether the quantity lies in this band."""
        return self.quantity_from <= quantity and (
            self.quantity_to is None or quantity <= self.quantity_to
        )


@dataclass(frozen=True, slots=True)
class DiscountList:
    """Bands of one kind; amounts have a currency."""

    kind: DiscountKind
    bands: Sequence[Band]
    currency: str | None = None
    active: bool = True


def check_bands(bands: Sequence[Band]) -> None:
    """Refuse bands that run backwards or share a quantity."""
    for band in bands:
        if band.quantity_to is not None and band.quantity_to < band.quantity_from:
            raise InvalidBands(
                _(
                    "The band from %(first)s ends before it begins, at %(last)s.",
                    first=band.quantity_from,
                    last=band.quantity_to,
                )
            )
    in_order = sorted(bands, key=lambda band: band.quantity_from)
    for lower, upper in pairwise(in_order):
        if lower.holds(upper.quantity_from):
            raise InvalidBands(
                _(
                    "The bands from %(lower)s and from %(upper)s overlap: end the first below the"
                    " second.",
                    lower=lower.quantity_from,
                    upper=upper.quantity_from,
                )
            )


def band_for(bands: Sequence[Band], quantity: Decimal) -> Band | None:
    """Find the band a quantity lies in; a return is looked up like the sale it reverses."""
    size = abs(quantity)
    return next((band for band in bands if band.holds(size)), None)


def volume_discount(
    discounts: DiscountList | None,
    *,
    quantity: Decimal,
    unit_price: Decimal,
    currency: str,
    price_quantity: Decimal = ONE,
    line: str | None = None,
) -> Decimal:
    """Return what is taken off the price at this quantity.

    That is price × percent, or the amount off each of the units that the price is for. An inactive
    list, or a quantity in no band, gives none. Five decimals, half up.
    """
    if discounts is None or not discounts.active:
        return ZERO
    band = band_for(discounts.bands, quantity)
    if band is None:
        return ZERO
    if discounts.kind == DiscountKind.PERCENT:
        return _percent(band.value, unit_price, line)
    if discounts.currency != currency:
        raise CurrencyMismatch(
            _(
                "The discount list is in %(currency)s, the document in %(document)s: "
                "choose one in %(document)s for the price.",
                currency=discounts.currency,
                document=currency,
            ),
            line=line,
        )
    return _five_decimals(EXACT.multiply(band.value, price_quantity))


def _percent(rate: Decimal, unit_price: Decimal, line: str | None) -> Decimal:
    if not 0 <= rate <= 1:
        raise InvalidDiscount(
            _(
                "A volume discount is between 0%% and 100%%, not %(rate)s.",
                rate=Percentage(rate),
            ),
            line=line,
        )
    return _five_decimals(EXACT.multiply(unit_price, rate))


def _five_decimals(discount: Decimal) -> Decimal:
    return discount.quantize(PRICE_STEP, ROUND_HALF_UP, EXACT)
