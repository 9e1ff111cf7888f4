"""Carrying what is due to the other systems."""

from __future__ import annotations

import time

from fulfilment.connectors.engine import Engine, Round
from fulfilment.services.completion import complete
from fulfilment.services.leases import claim

AT_ONCE = 64
"""Conversations one drain holds at a time, over all connections."""

CLAIMING_SECONDS = 20.0
"""After so long a drain only finishes what it has begun; the next one goes on."""

GLANCE_SECONDS = 0.05
"""How long to wait for answers before looking for new work again."""


def drain(seconds: float = CLAIMING_SECONDS) -> int:
    """Send what is due until nothing is; return the number of rounds written down."""
    until = time.monotonic() + seconds
    completed = 0
    waiting: list[Round] = []
    with Engine() as engine:
        while True:
            if time.monotonic() < until:
                for round_ in claim(AT_ONCE - engine.in_flight - len(waiting)):
                    engine.submit(round_)
            if not engine.in_flight and not waiting:
                return completed
            finished = waiting + engine.collect(GLANCE_SECONDS)
            waiting = complete(finished)
            completed += len(finished) - len(waiting)
