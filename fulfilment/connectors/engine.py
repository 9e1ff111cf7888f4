"""Delivery engine: sends many lane batches at once, on an event loop in a thread of its own.

The loop never touches the database, and the thread that drains never waits inside a coroutine.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import queue
import time
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from common.sentences import Sentence
from common.sentences import sentence as _
from fulfilment.connectors import Connector, Message, Record, Reply, Target
from fulfilment.connectors.connector_pool import shared_pool
from fulfilment.errors import HandoffError, NoReference, OutcomeUnknown, Unreachable
from fulfilment.models import Attempt

log = logging.getLogger(__name__)

Verb = Attempt.Verb
Outcome = Attempt.Outcome
DONE = frozenset({Outcome.DONE, Outcome.FOUND})


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """One request to the external system and its answer."""

    verb: Verb
    outcome: Outcome
    started_at: dt.datetime
    finished_at: dt.datetime
    reply: Reply | None = None
    error: HandoffError | None = None

    @property
    def duration_ms(self) -> int:
        """How long it took; 0 where the clock was set back meanwhile."""
        took = self.finished_at - self.started_at
        return max(0, round(took.total_seconds() * 1000))

    @property
    def detail(self) -> str | Sentence:
        """Why it failed; empty if it succeeded."""
        return self.error.detail if self.error else ""


@dataclass(slots=True)
class InFlightHandoff:
    """One handoff that is being delivered, with the results of its attempts.

    ``must_find``: an earlier copy may have arrived, so look it up before sending.
    ``is_acknowledged``: it was accepted before without a reference, so never send it again.
    ``abandoned``: attempts of a worker that never stored their results.
    """

    handoff_id: uuid.UUID
    message: Message
    must_find: bool = False
    is_acknowledged: bool = False
    refusal_count: int = 0
    record: Record | None = None
    version: int = 0
    abandoned: list[AttemptResult] = field(default_factory=list)
    results: list[AttemptResult] = field(default_factory=list)
    is_started: bool = False

    @property
    def is_done(self) -> bool:
        """Whether the external system is known to have it."""
        return bool(self.results) and self.results[-1].outcome in DONE


@dataclass(slots=True)
class LaneBatch:
    """The handoffs claimed from one lane, in their order.

    ``last_start`` is on the monotonic clock; it moves as the lease is renewed. ``reported`` counts
    the handoffs that were handed back in steps.
    """

    lane_id: uuid.UUID
    lease_token: uuid.UUID
    target: Target
    handoffs: list[InFlightHandoff]
    last_start: float
    reported: int = 0


@dataclass(slots=True)
class Step:
    """Handoffs of a batch whose results can be stored, and whether the batch ends with them."""

    batch: LaneBatch
    handoffs: list[InFlightHandoff]
    is_over: bool


class Engine:
    """Delivers batches concurrently; a context manager that collects the steps of what it runs."""

    def __init__(self) -> None:
        self._steps: queue.SimpleQueue[Step | None] = queue.SimpleQueue()
        """None is a call of ``wake``."""
        self._pool = shared_pool()
        self._is_finishing = False
        self._running: set[asyncio.Task[None] | None] = set()
        """Touched in the loop's thread only."""
        self.in_flight = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop; batches still under way are cancelled and their leases run out."""
        if self.in_flight:
            self._pool.start(self._cancel()).result(timeout=10)

    def submit(self, batch: LaneBatch) -> None:
        """Start delivering a batch."""
        self.in_flight += 1
        future = self._pool.start(self._run(batch))
        future.add_done_callback(lambda done: self._end(batch, done))

    def collect(self, timeout: float | None) -> list[Step]:
        """Wait so many seconds for a step or a call of ``wake``; return all steps there are."""
        try:
            found = [self._steps.get(timeout=timeout)]
        except queue.Empty:
            return []
        while not self._steps.empty():
            found.append(self._steps.get_nowait())
        steps = [step for step in found if step is not None]
        self.in_flight -= sum(step.is_over for step in steps)
        return steps

    def wake(self) -> None:
        """End the waiting of ``collect``; may be called from any thread."""
        self._steps.put(None)

    def finish(self) -> None:
        """Start no further handoff of the batches under way."""
        self._is_finishing = True
        self.wake()

    def _end(self, batch: LaneBatch, done: Future[None]) -> None:
        self._steps.put(Step(batch, batch.handoffs[batch.reported :], is_over=True))

    async def _run(self, batch: LaneBatch) -> None:
        task = asyncio.current_task()
        self._running.add(task)
        try:
            async with self._pool.connector(batch.target) as connector:
                await self._deliver_in_order(batch, connector)
        except Exception as error:
            log.exception("Delivery to %s failed.", batch.target.name)
            _note_failure(batch, error)
        finally:
            self._running.discard(task)

    async def _deliver_in_order(self, batch: LaneBatch, connector: Connector) -> None:
        """Deliver one after the other, each handed back in a step as soon as it is done."""
        for number, handoff in enumerate(batch.handoffs, start=1):
            if self._is_finishing or time.monotonic() > batch.last_start:
                return
            handoff.is_started = True
            await deliver(handoff, connector, batch.target)
            if not handoff.is_done or number == len(batch.handoffs):
                return
            batch.reported = number
            self._steps.put(Step(batch, [handoff], is_over=False))

    async def _cancel(self) -> None:
        running = [task for task in self._running if task]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def deliver(handoff: InFlightHandoff, connector: Connector, target: Target) -> None:
    """Send a message, after looking it up if an earlier copy may have arrived."""
    if handoff.must_find and target.answers_look_ups:
        found = await _attempt(handoff, Verb.FIND, lambda: connector.find(handoff.message.id))
        if found.outcome != Outcome.NOT_FOUND or handoff.is_acknowledged:
            return
    pushed = await _attempt(handoff, Verb.PUSH, lambda: connector.push(handoff.message))
    if _can_look_up_at_once(pushed) and target.answers_look_ups:
        await _look_up(handoff, connector)


async def _look_up(handoff: InFlightHandoff, connector: Connector) -> None:
    """Look the message up at once; if it is not there, send it once more."""
    found = await _attempt(handoff, Verb.FIND, lambda: connector.find(handoff.message.id))
    was_accepted = any(result.outcome == Outcome.NO_REFERENCE for result in handoff.results)
    if found.outcome == Outcome.NOT_FOUND and not was_accepted:
        await _attempt(handoff, Verb.PUSH, lambda: connector.push(handoff.message))


def _can_look_up_at_once(pushed: AttemptResult) -> bool:
    """After a timeout a look-up would time out too; after a broken connection it may work."""
    if isinstance(pushed.error, NoReference):
        return True
    return isinstance(pushed.error, OutcomeUnknown) and not isinstance(
        pushed.error.__cause__, TimeoutError
    )


async def _attempt(
    handoff: InFlightHandoff, verb: Verb, request: Callable[[], Awaitable[Reply | None]]
) -> AttemptResult:
    started_at = dt.datetime.now(dt.UTC)
    reply: Reply | None = None
    failure: HandoffError | None = None
    try:
        reply = await request()
    except HandoffError as error:
        failure = error
    except Exception as error:
        log.exception("A request of handoff %s failed.", handoff.handoff_id)
        failure = OutcomeUnknown(
            _(
                "An unexpected error (%(error)s) kept its answer from being read; "
                "the log has the details.",
                error=type(error).__name__,
            )
        )
        failure.__cause__ = error
    outcome = failure.outcome if failure else _success(verb, reply)
    result = AttemptResult(verb, outcome, started_at, dt.datetime.now(dt.UTC), reply, failure)
    handoff.results.append(result)
    return result


def _note_failure(batch: LaneBatch, error: Exception) -> None:
    """Record an unexpected error on the first handoff left, unless it is delivered."""
    left = batch.handoffs[batch.reported :]
    if not left or left[0].is_done:
        return
    values = {"name": batch.target.name, "error": type(error).__name__}
    failure: HandoffError = OutcomeUnknown(
        _(
            "An unexpected error (%(error)s) interrupted sending to %(name)s; "
            "the log has the details.",
            **values,
        )
    )
    if not left[0].is_started:
        failure = Unreachable(
            _(
                "Nothing was sent to %(name)s, because of an unexpected error (%(error)s); "
                "the log has the details.",
                **values,
            )
        )
    now = dt.datetime.now(dt.UTC)
    left[0].results.append(AttemptResult(Verb.PUSH, failure.outcome, now, now, error=failure))


def _success(verb: Verb, reply: Reply | None) -> Outcome:
    if reply is None:
        return Outcome.NOT_FOUND
    return Outcome.FOUND if verb == Verb.FIND else Outcome.DONE
