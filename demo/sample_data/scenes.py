"""Telling what happened in the order in which it happened.

A scene is a generator: it yields how many days ago its next deed was done, and does it. All scenes
are played together, day by day, so that numbers and identifiers rise with the dates.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Callable, Generator, Iterable

from demo.sample_data.clock import on_day

Scene = Generator[int, None, None]
TODAY = 0


def play(scenes: Iterable[Scene], today: dt.date, *, before_today: Callable[[], None]) -> None:
    """Play all scenes from the oldest day to today; ``before_today`` comes in between."""
    waiting = [(-next(scene), place, scene) for place, scene in enumerate(scenes)]
    heapq.heapify(waiting)
    while waiting and waiting[0][0] < TODAY:
        day, place, scene = heapq.heappop(waiting)
        with on_day(today + dt.timedelta(days=day), after=place):
            _go_on(waiting, place, scene)
    before_today()
    while waiting:
        _, place, scene = heapq.heappop(waiting)
        _go_on(waiting, place, scene)


def _go_on(waiting: list[tuple[int, int, Scene]], place: int, scene: Scene) -> None:
    days_ago = next(scene, None)
    if days_ago is not None:
        heapq.heappush(waiting, (-days_ago, place, scene))
