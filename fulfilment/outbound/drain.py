"""Drain: claims due lanes, has the engine deliver their handoffs, and stores the results."""

from __future__ import annotations

from collections.abc import Sequence

from fulfilment.connectors.engine import Engine, Step
from fulfilment.outbound.completion import complete
from fulfilment.outbound.leases import claim

AT_ONCE = 256
"""Lanes that a process delivers at the same time, besides one for each connection."""

POLL_SECONDS = 0.05
"""How long a drain waits for results before it claims again."""


class Delivery:
    """What a process delivers: batches under way, and results that wait to be stored."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.unstored: list[Step] = []
        self.completed = 0

    @property
    def is_busy(self) -> bool:
        """Whether a request is under way, or a result is not stored."""
        return bool(self._engine.in_flight or self.unstored)

    def claim(self) -> None:
        """Start delivering what is due."""
        for batch in claim(AT_ONCE - self._engine.in_flight):
            self._engine.submit(batch)

    def store(self, steps: Sequence[Step]) -> None:
        """Store results; after an error of the database they are kept for the next call."""
        self.unstored += steps
        before = sum(len(step.handoffs) for step in self.unstored)
        self.unstored = complete(self.unstored)
        self.completed += before - sum(len(step.handoffs) for step in self.unstored)


def drain() -> int:
    """Deliver what is due until nothing is; return how many handoffs were completed."""
    with Engine() as engine:
        delivery = Delivery(engine)
        delivery.claim()
        while delivery.is_busy:
            delivery.store(engine.collect(POLL_SECONDS))
            delivery.claim()
    return delivery.completed
