"""Many conversations at once, in a thread with an event loop, fed and emptied by whoever drains.

The loop never touches the database, and who drains never waits inside a coroutine.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import queue
import time
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from fulfilment.connectors import Connector, Message, Record, Reply, Target
from fulfilment.connectors.connector_pool import switchboard
from fulfilment.errors import HandoffError, NoReference, OutcomeUnknown
from fulfilment.models import Attempt

Verb = Attempt.Verb
Outcome = Attempt.Outcome
DONE = frozenset({Outcome.DONE, Outcome.FOUND})


@dataclass(frozen=True, slots=True)
class Trial:
    """One question to the other side and its answer."""

    verb: Verb
    outcome: Outcome
    started_at: dt.datetime
    finished_at: dt.datetime
    reply: Reply | None = None
    error: HandoffError | None = None

    @property
    def detail(self) -> str:
        """Why it did not go well; empty when it did."""
        return self.error.detail if self.error else ""


@dataclass(slots=True)
class Errand:
    """One handoff to carry, and what came of it.

    ``must_find``: it may have arrived before, so ask first. ``is_taken``: they said yes before, so
    never send again. ``past``: trials of somebody else that nobody wrote down.
    """

    handoff_id: uuid.UUID
    message: Message
    must_find: bool = False
    is_taken: bool = False
    refusals: int = 0
    record: Record | None = None
    version: int = 0
    past: list[Trial] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)
    is_begun: bool = False

    @property
    def is_done(self) -> bool:
        """Whether it is known to be over there."""
        return bool(self.trials) and self.trials[-1].outcome in DONE


@dataclass(slots=True)
class Round:
    """The errands of one lane in their order.

    ``last_start`` is on the monotonic clock; whoever holds the lease moves it as the lease is
    renewed. ``told`` counts the errands that were handed back.
    """

    lane_id: uuid.UUID
    lease_token: uuid.UUID
    target: Target
    errands: list[Errand]
    last_start: float
    told: int = 0


@dataclass(slots=True)
class Step:
    """Errands of a round that are through, and whether the round is over with them."""

    round: Round
    errands: list[Errand]
    is_over: bool


class Engine:
    """Runs rounds concurrently; use as a context, and collect the steps of what you submitted."""

    def __init__(self) -> None:
        self._steps: queue.SimpleQueue[Step] = queue.SimpleQueue()
        self._switchboard = switchboard()
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
        """Stop; rounds still under way are dropped and their leases run out."""
        if self.in_flight:
            self._switchboard.start(self._drop()).result(timeout=10)

    def submit(self, round_: Round) -> None:
        """Start a round."""
        self.in_flight += 1
        future = self._switchboard.start(self._run(round_))
        future.add_done_callback(lambda done: self._end(round_, done))

    def collect(self, timeout: float) -> list[Step]:
        """Wait up to so many seconds for a step and return all there are."""
        try:
            steps = [self._steps.get(timeout=timeout)]
        except queue.Empty:
            return []
        while not self._steps.empty():
            steps.append(self._steps.get_nowait())
        self.in_flight -= sum(step.is_over for step in steps)
        return steps

    def _end(self, round_: Round, done: Future[None]) -> None:
        self._steps.put(Step(round_, round_.errands[round_.told :], is_over=True))
        if not done.cancelled():
            done.result()

    async def _run(self, round_: Round) -> None:
        task = asyncio.current_task()
        self._running.add(task)
        try:
            async with self._switchboard.connector(round_.target) as connector:
                await self._carry(round_, connector)
        finally:
            self._running.discard(task)

    async def _carry(self, round_: Round, connector: Connector) -> None:
        """Carry errands in their order, each handed back as soon as it is through."""
        for number, errand in enumerate(round_.errands, start=1):
            if time.monotonic() > round_.last_start:
                return
            errand.is_begun = True
            await carry(errand, connector, round_.target)
            if not errand.is_done or number == len(round_.errands):
                return
            round_.told = number
            self._steps.put(Step(round_, [errand], is_over=False))

    async def _drop(self) -> None:
        running = [task for task in self._running if task]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def carry(errand: Errand, connector: Connector, target: Target) -> None:
    """Send a message, or first find out what became of it when that is not known."""
    if errand.must_find and target.gives_references:
        found = await _try(errand, Verb.FIND, lambda: connector.find(errand.message.id))
        if found.outcome != Outcome.NOT_FOUND or errand.is_taken:
            return
    pushed = await _try(errand, Verb.PUSH, lambda: connector.push(errand.message))
    if _can_look_up_at_once(pushed) and target.gives_references:
        await _look_up(errand, connector)


async def _look_up(errand: Errand, connector: Connector) -> None:
    """Ask at once what became of it; when they never saw it, send it this once more."""
    found = await _try(errand, Verb.FIND, lambda: connector.find(errand.message.id))
    was_taken = any(trial.outcome == Outcome.NO_REFERENCE for trial in errand.trials)
    if found.outcome == Outcome.NOT_FOUND and not was_taken:
        await _try(errand, Verb.PUSH, lambda: connector.push(errand.message))


def _can_look_up_at_once(pushed: Trial) -> bool:
    """After silence it is no use asking again; after a broken connection it is."""
    if isinstance(pushed.error, NoReference):
        return True
    return isinstance(pushed.error, OutcomeUnknown) and not isinstance(
        pushed.error.__cause__, TimeoutError
    )


async def _try(errand: Errand, verb: Verb, ask: Callable[[], Awaitable[Reply | None]]) -> Trial:
    started_at = dt.datetime.now(dt.UTC)
    reply: Reply | None = None
    failure: HandoffError | None = None
    try:
        reply = await ask()
    except HandoffError as error:
        failure = error
        outcome = error.outcome
    else:
        outcome = _good_outcome(verb, reply)
    trial = Trial(verb, outcome, started_at, dt.datetime.now(dt.UTC), reply, failure)
    errand.trials.append(trial)
    return trial


def _good_outcome(verb: Verb, reply: Reply | None) -> Outcome:
    if reply is None:
        return Outcome.NOT_FOUND
    return Outcome.FOUND if verb == Verb.FIND else Outcome.DONE
