"""Units of shared lines: which lines another system has in another unit than we do."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from fulfilment.models import SyncState
from fulfilment.sync.canonical import read_number
from fulfilment.sync.units import converted_quantity

ZERO = Decimal(0)


def factors_of(state: SyncState) -> dict[str, Fraction]:
    """Return how many of our unit make one of theirs, by our ids of the lines."""
    kept: Mapping[str, str] = state.snapshot.get("factors", {})
    return {line: Fraction(each) for line, each in kept.items()}


def factors_as_text(factors: Mapping[str, Fraction]) -> dict[str, str]:
    """Write factors as they are kept with a snapshot."""
    return {line: str(factor) for line, factor in factors.items()}


def restated_before(state: SyncState) -> frozenset[str]:
    """Return the lines that a push on its way has in our unit."""
    named = (path for push in state.pushes for path in push["values"])
    return frozenset(
        path.split(".")[1] for path in named if path.startswith("line.") and path.endswith(".unit")
    )


def ordered_there(received: Mapping[str, Any], factor: Fraction | None) -> Decimal:
    """Return what was ordered of a line of theirs, in our unit."""
    quantity = read_number(received.get("quantity") or 0)
    return quantity if factor is None else converted_quantity(quantity, factor) or ZERO
