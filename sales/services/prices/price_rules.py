"""Price rules of a changed quantity: whether a line takes the volume discount of the new one.

Sales does not know which other systems keep the prices of an order: they are plugged in, as
listeners of events are.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from sales.models import DocumentLine, Order, OrderLine

PriceSource = DocumentLine.PriceSource

Keeper = Callable[[Order], str]
"""Returns the name of the other system that keeps the prices of an order, or an empty text."""

_keepers: list[Keeper] = []


def add_price_keeper(keeper: Keeper) -> None:
    """Ask a source, once, which system keeps the prices of an order."""
    if keeper not in _keepers:
        _keepers.append(keeper)


def prices_kept_by(order: Order) -> str:
    """Name the other system that keeps the prices of an order; empty where they are ours too."""
    return next((system for keeper in _keepers if (system := keeper(order))), "")


class PriceRule(Enum):
    """Why a line of a submitted order keeps its volume discount, or that it takes another one."""

    AGREED = auto()
    """A quote agreed the price, or somebody locked it."""
    BILLED = auto()
    """A part of it is billed: what is left has the price at which that was billed."""
    TYPED = auto()
    """A typed price is final."""
    KEPT_ELSEWHERE = auto()
    """Another system keeps the prices of the order."""
    VOLUME = auto()
    """It takes the volume discount of its new quantity."""


def price_rule(order: Order, line: OrderLine, kept_by: str) -> PriceRule:
    """Return which rule a line's price follows when its quantity changes.

    ``kept_by`` names the system that keeps the prices of the order.
    """
    if line.price_source == PriceSource.TYPED:
        return PriceRule.TYPED
    if order.prices_are_locked or line.price_source != PriceSource.LIST:
        return PriceRule.AGREED
    if kept_by:
        return PriceRule.KEPT_ELSEWHERE
    return PriceRule.BILLED if line.is_billed else PriceRule.VOLUME
