"""Open rest of an order: whether it has begun, and what closing the rest would cancel."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from sales.models import OrderLine
from sales.pricing.advances import TaxAmount


def has_started(lines: Iterable[OrderLine]) -> bool:
    """Whether any unit left to stay, or is billed on an issued invoice."""
    return any(line.is_started for line in lines)


def has_open_units(lines: Iterable[OrderLine]) -> bool:
    """Whether units are neither shipped nor billed, or billed by drafts and not shipped.

    Closing the rest deletes such drafts, as cancelling deletes all.
    """
    return any(
        line.quantity > line.done_quantity
        or (line.drafted_quantity and line.units.billed_unshipped)
        for line in lines
        if line.counts and line.is_sold
    )


def open_deductions(
    lines: Iterable[OrderLine], taken: Mapping[uuid.UUID, TaxAmount]
) -> list[OrderLine]:
    """Return the trade-ins and rebates that are not taken off invoices in full.

    ``taken`` is what they have taken off by now, for every one of them.
    """
    return [
        line
        for line in lines
        if line.pk in taken and taken[line.pk] != TaxAmount(-line.net, -line.tax)
    ]
