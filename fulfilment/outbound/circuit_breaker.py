"""Circuit breaker of a connection, as pure functions of its stored state.

Closed: it opens after five failures in a row, or when half of twenty answers or more within a
minute were failures. Open: nothing is sent for 15, 30, then 60 s (backoff). Half open: one real
message is sent; after three successes in a row it closes, and the number of concurrent requests
doubles with every success up to the connection's limit.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from enum import StrEnum

FAILURES_IN_ROW = 5
FEWEST_ANSWERS = 20
WINDOW_SECONDS = 60
OPEN_SECONDS = (15, 30, 60)
SUCCESSES_TO_CLOSE = 3
PROBE_SIGN_IN_SECONDS = 15 * 60


class State(StrEnum):
    """Whether messages are sent: all, none, or one at a time."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Breaker:
    """State of a circuit breaker; ``at_once`` limits concurrent requests while it recovers."""

    most_at_once: int
    state: State = State.CLOSED
    failures_in_row: int = 0
    successes_in_row: int = 0
    openings: int = 0
    not_before: dt.datetime | None = None
    at_once: int | None = None
    window: tuple[tuple[int, int, int], ...] = field(default=())

    def succeed(self, now: dt.datetime) -> Breaker:
        """Return the state after a success."""
        counted = self._count(now, good=1)
        if self.state == State.CLOSED:
            return replace(counted, at_once=self._ramp(now))
        successes = self.successes_in_row + 1
        if successes < SUCCESSES_TO_CLOSE:
            return replace(
                counted,
                state=State.HALF_OPEN,
                successes_in_row=successes,
                at_once=1,
                not_before=None,
            )
        return replace(
            counted,
            state=State.CLOSED,
            successes_in_row=successes,
            openings=0,
            not_before=None,
            at_once=1,
            window=(),
        )

    def fail(self, now: dt.datetime) -> Breaker:
        """Return the state after a failure of the connection."""
        counted = replace(
            self._count(now, failed=1),
            successes_in_row=0,
            failures_in_row=self.failures_in_row + 1,
        )
        if self.state == State.CLOSED and not counted._is_bad():
            return counted
        if self._is_open_until_later(now):
            return counted
        return counted._open(now)

    def slow_down(self, now: dt.datetime, seconds: float) -> Breaker:
        """Return the state after a request to wait: a pause, then half as many requests at once."""
        return replace(
            self,
            not_before=_later(self.not_before, now + dt.timedelta(seconds=seconds)),
            at_once=max(1, (self.at_once or self.most_at_once) // 2),
        )

    def wait(self, now: dt.datetime, seconds: float) -> Breaker:
        """Return the state that sends nothing for so many seconds, then one message."""
        return replace(
            self,
            state=State.OPEN,
            successes_in_row=0,
            failures_in_row=self.failures_in_row + 1,
            not_before=_later(self.not_before, now + dt.timedelta(seconds=seconds)),
            at_once=1,
        )

    def _open(self, now: dt.datetime) -> Breaker:
        seconds = OPEN_SECONDS[min(self.openings, len(OPEN_SECONDS) - 1)]
        return replace(
            self,
            state=State.OPEN,
            openings=self.openings + 1,
            not_before=_later(self.not_before, now + dt.timedelta(seconds=seconds)),
            at_once=1,
        )

    def _is_open_until_later(self, now: dt.datetime) -> bool:
        """Failures of requests that were sent before it opened do not open it again."""
        return self.state == State.OPEN and self.not_before is not None and self.not_before > now

    def _is_bad(self) -> bool:
        good = sum(bucket[1] for bucket in self.window)
        failed = sum(bucket[2] for bucket in self.window)
        half = good + failed >= FEWEST_ANSWERS and failed * 2 >= good + failed
        return half or self.failures_in_row >= FAILURES_IN_ROW

    def _ramp(self, now: dt.datetime) -> int | None:
        if self.not_before is not None and self.not_before > now:
            return self.at_once
        if self.at_once is None or self.at_once * 2 >= self.most_at_once:
            return None
        return self.at_once * 2

    def _count(self, now: dt.datetime, good: int = 0, failed: int = 0) -> Breaker:
        """Count an answer in the sliding window of the last minute, a bucket per second."""
        second = int(now.timestamp())
        recent = [bucket for bucket in self.window if bucket[0] > second - WINDOW_SECONDS]
        if recent and recent[-1][0] >= second:
            last = recent.pop()
            recent.append((last[0], last[1] + good, last[2] + failed))
        else:
            recent.append((second, good, failed))
        return replace(
            self,
            window=tuple(recent),
            failures_in_row=0 if good else self.failures_in_row,
        )


def _later(first: dt.datetime | None, second: dt.datetime) -> dt.datetime:
    return second if first is None or second > first else first
