"""Words that only ever move forward, whatever order their reports arrive in.

Joining is commutative, associative and idempotent, so any permutation of the same reports, with any
repeats, ends in the same word.
"""

from __future__ import annotations

ORDER_WORDS = ("", "accepted", "picking", "packed", "part shipped", "shipped", "delivered")
"""How far a warehouse says an order is."""

SHIPMENT_WORDS = ("planned", "picked", "packed", "shipped", "delivered", "failed")
"""How far a shipment is; a failed one stays failed."""

INVOICE_WORDS = ("", "posted", "paid")
"""How far the other books are with an invoice."""


def join(scale: tuple[str, ...], one: str, other: str) -> str:
    """Return the word that is further along the scale.

    >>> join(ORDER_WORDS, "packed", "accepted")
    'packed'
    """
    return max(one, other, key=scale.index)
