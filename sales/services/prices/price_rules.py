"""Price rules of a changed quantity: whether a line takes the volume discount of the new one."""

from __future__ import annotations

from enum import Enum, auto

from sales.models import DocumentLine, Order, OrderLine

PriceSource = DocumentLine.PriceSource


class PriceRule(Enum):
    """Why a line of a submitted order keeps its volume discount, or that it takes another one."""

    AGREED = auto()
    """A quote agreed the price, or somebody locked it."""
    BILLED = auto()
    """A part of it is billed: what is left has the price at which that was billed."""
    TYPED = auto()
    """A typed price is final."""
    VOLUME = auto()
    """It takes the volume discount of its new quantity."""


def price_rule(order: Order, line: OrderLine) -> PriceRule:
    """Return which rule a line's price follows when its quantity changes."""
    if line.price_source == PriceSource.TYPED:
        return PriceRule.TYPED
    if order.prices_are_locked or line.price_source != PriceSource.LIST:
        return PriceRule.AGREED
    return PriceRule.BILLED if line.is_billed else PriceRule.VOLUME
