"""When to try again. Times are seconds."""

from __future__ import annotations

import random

REFUSED_PAUSES = (5, 30, 120, 600, 1800)
"""Between six tries of a message that is refused: 43 minutes in all, then a person looks."""

JITTER = 0.2
"""So that many lanes that failed together do not come back together."""

RECOVERY_PAUSE = 1.0
"""After a failure of the connection; how long it really takes is for the breaker to say."""

LEASE_SECONDS = 60
"""How long a claimed lane belongs to who claimed it, unless the deadline needs more."""

LEASE_MARGIN = 15
"""Of a lease, what is left for writing down the result."""


def pause_after_refusal(refusals: int) -> float | None:
    """Say how long to wait after so many refusals; None when that was the last try."""
    if refusals > len(REFUSED_PAUSES):
        return None
    return jittered(REFUSED_PAUSES[refusals - 1])


def jittered(seconds: float) -> float:
    """Vary a pause by a fifth, up or down."""
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
