"""Scenarios of the sample data, run in chronological order.

A scenario is a generator: it yields how many days ago its next action is, then performs it. All
scenarios run together, day by day, so that numbers and identifiers rise with the dates.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Callable, Generator, Iterable

from demo.sample_data.clock import on_day

Scenario = Generator[int, None, None]
TODAY = 0


def run_scenarios(
    scenarios: Iterable[Scenario], today: dt.date, *, before_today: Callable[[], None]
) -> None:
    """Run all scenarios from the oldest day to today; ``before_today`` is called before today's."""
    waiting = [(-next(scenario), index, scenario) for index, scenario in enumerate(scenarios)]
    heapq.heapify(waiting)
    while waiting and waiting[0][0] < TODAY:
        day, index, scenario = heapq.heappop(waiting)
        with on_day(today + dt.timedelta(days=day), after=index):
            _advance(waiting, index, scenario)
    before_today()
    while waiting:
        _, index, scenario = heapq.heappop(waiting)
        _advance(waiting, index, scenario)


def _advance(waiting: list[tuple[int, int, Scenario]], index: int, scenario: Scenario) -> None:
    days_ago = next(scenario, None)
    if days_ago is not None:
        heapq.heappush(waiting, (-days_ago, index, scenario))
