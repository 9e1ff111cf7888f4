"""Carrying what is due to the other systems."""

from __future__ import annotations

import time

from fulfilment.connectors.engine import Engine, Step
from fulfilment.outbound.completion import complete
from fulfilment.outbound.leases import claim

AT_ONCE = 64
"""Conversations one drain holds at a time, over all connections."""

CLAIMING_SECONDS = 20.0
"""After so long a drain only finishes what it has begun; the next one goes on."""

GLANCE_SECONDS = 0.05
"""How long to wait for answers before looking for new work again."""


def drain(seconds: float = CLAIMING_SECONDS) -> int:
    """Send what is due until nothing is; return how many handoffs were seen to."""
    until = time.monotonic() + seconds
    completed = 0
    waiting: list[Step] = []
    with Engine() as engine:
        while True:
            if time.monotonic() < until:
                for round_ in claim(AT_ONCE - engine.in_flight):
                    engine.submit(round_)
            if not engine.in_flight and not waiting:
                return completed
            steps = waiting + engine.collect(GLANCE_SECONDS)
            waiting = complete(steps)
            completed += sum(len(step.errands) for step in steps)
            completed -= sum(len(step.errands) for step in waiting)
