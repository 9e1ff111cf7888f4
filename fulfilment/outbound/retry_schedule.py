"""Retry schedule: backoff after refusals, jitter, and the length of a lease, all in seconds."""

from __future__ import annotations

import random

REFUSED_PAUSES = (5, 30, 120, 600, 1800)
"""Backoff between the six attempts of a refused message; after 43 minutes it needs a person."""

JITTER = 0.2
"""Fraction by which a pause varies, so that lanes that failed together do not retry together."""

RECOVERY_PAUSE = 1.0
"""Pause after a failed connection; the circuit breaker decides when it is used again."""

LEASE_SECONDS = 60
"""Length of a lease, unless the deadline of the connection needs more."""

LEASE_MARGIN = 15
"""Part of a lease that is kept for storing the result."""


def pause_after_refusal(refusal_count: int) -> float | None:
    """Return the backoff after so many refusals; None if that was the last attempt."""
    if refusal_count > len(REFUSED_PAUSES):
        return None
    return jittered(REFUSED_PAUSES[refusal_count - 1])


def jittered(seconds: float) -> float:
    """Return a pause with jitter of up to a fifth in either direction."""
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  # no secret
