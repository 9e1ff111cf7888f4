"""Drain: claims due lanes, has the engine deliver their handoffs, and stores the results."""

from __future__ import annotations

import time

from fulfilment.connectors.engine import Engine, Step
from fulfilment.outbound.completion import complete
from fulfilment.outbound.leases import claim

AT_ONCE = 64
"""Lanes that one drain delivers at the same time, over all connections."""

CLAIMING_SECONDS = 20.0
"""After this time a drain claims nothing more and finishes what it has started."""

POLL_SECONDS = 0.05
"""How long to wait for results before claiming again."""


def drain(seconds: float = CLAIMING_SECONDS) -> int:
    """Deliver what is due until nothing is; return how many handoffs were completed."""
    until = time.monotonic() + seconds
    completed = 0
    waiting: list[Step] = []
    with Engine() as engine:
        while True:
            if time.monotonic() < until:
                for batch in claim(AT_ONCE - engine.in_flight):
                    engine.submit(batch)
            if not engine.in_flight and not waiting:
                return completed
            steps = waiting + engine.collect(POLL_SECONDS)
            waiting = complete(steps)
            completed += sum(len(step.handoffs) for step in steps)
            completed -= sum(len(step.handoffs) for step in waiting)
