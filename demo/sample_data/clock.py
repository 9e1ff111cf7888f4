"""The days of the sample data: history is told in its own time."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

OPENING = dt.time(8, tzinfo=dt.UTC)
APART = dt.timedelta(minutes=11)
STEP = dt.timedelta(seconds=2)


@contextmanager
def on_day(day: dt.date, *, after: int = 0) -> Iterator[None]:
    """Let the deeds inside happen on that day, each a little later than the one before.

    ``after`` says how many others come first in the morning. Django's own clock is turned, so that
    services, columns and numbers all see the same day.
    """
    present, ticks = timezone.now, itertools.count()
    opening = dt.datetime.combine(day, OPENING) + after * APART
    timezone.now = lambda: opening + next(ticks) * STEP
    try:
        yield
    finally:
        timezone.now = present
