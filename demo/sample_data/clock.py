"""Simulated clock: sets Django's clock to the day of each action of the sample data."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

START_OF_DAY = dt.time(8, tzinfo=dt.UTC)
SCENARIO_OFFSET = dt.timedelta(minutes=11)
STEP = dt.timedelta(seconds=2)


@contextmanager
def on_day(day: dt.date, *, after: int = 0) -> Iterator[None]:
    """Set the clock to that day, two seconds later at every reading.

    ``after`` is the number of scenarios that come first on that day. Django's own clock is
    replaced, so that services, columns and numbers all see the same day.
    """
    original, ticks = timezone.now, itertools.count()
    start = dt.datetime.combine(day, START_OF_DAY) + after * SCENARIO_OFFSET
    timezone.now = lambda: start + next(ticks) * STEP
    try:
        yield
    finally:
        timezone.now = original
