"""Keeping count of how connections answer, for the breaker and for people."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection as database
from django.utils import timezone

from fulfilment.connectors.engine import Step, Trial
from fulfilment.models import Attempt, Connection
from fulfilment.outbound import circuit_breaker
from fulfilment.services.bulk_sql import write_set

Outcome = Attempt.Outcome
Status = Connection.Status

WORKS = frozenset(
    {Outcome.DONE, Outcome.FOUND, Outcome.NOT_FOUND, Outcome.NO_REFERENCE, Outcome.REFUSED}
)
"""Outcomes of a connection that works, whatever it thinks of the message."""

NEEDS_A_PERSON = frozenset({Outcome.AUTH_FAILED, Outcome.BLOCKED, Outcome.GONE})


LOCK = """
SELECT health.connection_id, connection.status, connection.max_in_flight, health.breaker,
       health.failures_in_row, health.successes_in_row, health.openings, health.not_before,
       health.in_flight_limit, health.window, health.last_success_at, health.last_failure_at,
       health.last_failure, statement_timestamp()
FROM fulfilment_health AS health
JOIN fulfilment_connection AS connection ON connection.id = health.connection_id
WHERE health.connection_id = ANY(%s)
ORDER BY health.connection_id
FOR NO KEY UPDATE OF health
"""
"""With the moment by the database's clock, which claims go by: a worker's may be minutes off."""

KEEP = """
UPDATE fulfilment_health AS health
SET breaker = said.breaker, failures_in_row = said.failures_in_row,
    successes_in_row = said.successes_in_row, openings = said.openings,
    not_before = said.not_before, in_flight_limit = said.in_flight_limit,
    "window" = said."window", last_success_at = said.last_success_at,
    last_failure_at = said.last_failure_at, last_failure = said.last_failure
FROM json_to_recordset(%s::json) AS said
    (connection_id uuid, breaker text, failures_in_row int, successes_in_row int, openings int,
     not_before timestamptz, in_flight_limit int, "window" jsonb, last_success_at timestamptz,
     last_failure_at timestamptz, last_failure text)
WHERE health.connection_id = said.connection_id
"""


@dataclass(slots=True)
class Pulse:
    """The health of a connection, read under lock and written back whole."""

    connection_id: uuid.UUID
    status: str
    state: circuit_breaker.Breaker
    last_success_at: dt.datetime | None
    last_failure_at: dt.datetime | None
    last_failure: str
    now: dt.datetime

    def note(self, trial: Trial) -> None:
        """Take one answer into account."""
        self.state = _after(self.state, trial, self.now)
        if trial.outcome in WORKS:
            self.last_success_at = trial.finished_at
        else:
            self.last_failure_at = trial.finished_at
            self.last_failure = trial.detail[:300]

    def as_row(self) -> dict[str, Any]:
        """Write the columns."""
        return {
            "connection_id": self.connection_id,
            "breaker": self.state.state.value,
            "failures_in_row": self.state.failures_in_row,
            "successes_in_row": self.state.successes_in_row,
            "openings": self.state.openings,
            "not_before": self.state.not_before,
            "in_flight_limit": self.state.at_once,
            "window": self.state.window,
            "last_success_at": self.last_success_at,
            "last_failure_at": self.last_failure_at,
            "last_failure": self.last_failure,
        }


def note_answers(steps: Iterable[Step]) -> None:
    """Bring the health of every connection that was spoken to up to date."""
    trials: defaultdict[uuid.UUID, list[Trial]] = defaultdict(list)
    for step in steps:
        for errand in step.errands:
            trials[step.round.target.connection_id].extend(errand.trials)
    spoken_to = {key: value for key, value in trials.items() if value}
    if not spoken_to:
        return
    pulses = _lock(list(spoken_to))
    for pulse in pulses:
        answers = sorted(spoken_to[pulse.connection_id], key=lambda trial: trial.finished_at)
        for trial in answers:
            pulse.note(trial)
        _set_status(pulse, answers[-1].outcome)
    write_set(KEEP, [pulse.as_row() for pulse in pulses])


def _lock(connection_ids: list[uuid.UUID]) -> list[Pulse]:
    with database.cursor() as cursor:
        cursor.execute(LOCK, [connection_ids])
        return [_read(*row) for row in cursor.fetchall()]


def _read(
    connection_id: uuid.UUID, status: str, most_at_once: int, state: str, *figures: Any
) -> Pulse:
    failures, successes, openings, not_before, at_once, window, *last = figures
    remembered = circuit_breaker.Breaker(
        most_at_once=most_at_once,
        state=circuit_breaker.State(state),
        failures_in_row=failures,
        successes_in_row=successes,
        openings=openings,
        not_before=not_before,
        at_once=at_once,
        window=tuple((second, good, bad) for second, good, bad in orjson.loads(window)),
    )
    return Pulse(connection_id, status, remembered, *last)


def _after(
    state: circuit_breaker.Breaker, trial: Trial, now: dt.datetime
) -> circuit_breaker.Breaker:
    if trial.outcome in WORKS:
        return state.succeed(now)
    if trial.outcome == Outcome.BUSY:
        pause = trial.error.retry_after if trial.error else None
        return state.slow_down(now, pause or 0)
    if trial.outcome in NEEDS_A_PERSON:
        return state.wait(now, circuit_breaker.PROBE_SIGN_IN_SECONDS)
    return state.fail(now)


def _set_status(pulse: Pulse, outcome: str) -> None:
    """Say it on the connection when only a person can mend it, and when it is mended."""
    wanted = {Outcome.AUTH_FAILED: Status.AUTH_FAILED, Outcome.GONE: Status.GONE}.get(
        Outcome(outcome)
    )
    if wanted is None and outcome in WORKS and pulse.status == Status.AUTH_FAILED:
        wanted = Status.ACTIVE
    if wanted is not None and pulse.status in {Status.ACTIVE, Status.AUTH_FAILED}:
        Connection.objects.filter(pk=pulse.connection_id).update(
            status=wanted, updated_at=timezone.now()
        )
