"""Status orders: statuses that only move forward, whatever order their reports arrive in.

``furthest`` is commutative, associative and idempotent, so any permutation of the same reports,
with any repeats, ends in the same status.
"""

from __future__ import annotations

ORDER_STATUSES = ("", "accepted", "picking", "packed", "part shipped", "shipped", "delivered")
"""The progress of an order, as a warehouse reports it."""

SHIPMENT_STATUSES = ("planned", "picked", "packed", "shipped", "failed", "delivered")
"""The progress of a shipment; what failed once may be delivered later."""


def furthest(order: tuple[str, ...], first: str, second: str) -> str:
    """Return the status that comes later in the order.

    >>> furthest(ORDER_STATUSES, "packed", "accepted")
    'packed'
    """
    return max(first, second, key=order.index)
