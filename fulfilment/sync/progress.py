"""Progress of an order in a supply-chain system: what its quantities say, whatever its word is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Fulfilment(StrEnum):
    """How much is delivered."""

    NOT_STARTED = "not started"
    PARTLY_SHIPPED = "partly shipped"
    SHIPPED = "shipped"


class Billing(StrEnum):
    """How much is invoiced."""

    TO_INVOICE = "to invoice"
    PARTLY = "partly"
    INVOICED = "invoiced"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a processing status says by itself; None where it says nothing of it."""

    fulfilment: Fulfilment | None = None
    billing: Billing | None = None
    is_cancelled: bool = False


PROCESSING_STATUSES: dict[str, Shown] = {
    "active": Shown(Fulfilment.NOT_STARTED),
    "confirmed": Shown(Fulfilment.NOT_STARTED),
    "picked": Shown(Fulfilment.NOT_STARTED),
    "partially delivered": Shown(Fulfilment.PARTLY_SHIPPED),
    "delivered": Shown(Fulfilment.SHIPPED),
    "partially invoiced": Shown(billing=Billing.PARTLY),
    "delivered and partially invoiced": Shown(Fulfilment.SHIPPED, Billing.PARTLY),
    "invoiced": Shown(billing=Billing.INVOICED),
    "cancelled": Shown(is_cancelled=True),
}
"""The words of the supply-chain system in lower case."""


@dataclass(frozen=True, slots=True)
class LineProgress:
    """The quantities of a line: wanted, and so far delivered and invoiced."""

    ordered: Decimal
    delivered: Decimal
    invoiced: Decimal


def shown_progress(word: str, lines: Iterable[LineProgress] = ()) -> Shown:
    """Return what is shown for a processing status: the quantities decide where they are known.

    >>> shown_progress("Partially delivered").fulfilment
    <Fulfilment.PARTLY_SHIPPED: 'partly shipped'>
    """
    shown, known = PROCESSING_STATUSES.get(word.strip().casefold(), Shown()), list(lines)
    if not known or shown.is_cancelled:
        return shown
    delivered = _part((line.delivered, line.ordered) for line in known)
    invoiced = _part((line.invoiced, line.ordered) for line in known)
    return Shown(list(Fulfilment)[delivered], list(Billing)[invoiced])


def _part(figures: Iterable[tuple[Decimal, Decimal]]) -> int:
    """Return 0 for none, 1 for some, 2 for all."""
    pairs = list(figures)
    if not any(done for done, _ordered in pairs):
        return 0
    return 2 if all(done >= ordered for done, ordered in pairs) else 1
