"""Connection health: counts answers for the circuit breaker, and keeps the last of each kind."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import transaction
from django.utils import timezone

from common.stored_sentences import StoredText, store
from fulfilment.connectors.engine import AttemptResult, Step
from fulfilment.models import Attempt, Connection
from fulfilment.outbound import circuit_breaker
from fulfilment.services.bulk_sql import query_prepared, write_rows

Outcome = Attempt.Outcome
Status = Connection.Status

WORKING = frozenset(
    {
        *(Outcome.DONE, Outcome.FOUND, Outcome.NOT_FOUND),
        *(Outcome.NO_REFERENCE, Outcome.REFUSED, Outcome.BEHIND),
    }
)
"""Outcomes of a connection that works, even if it refuses the message."""

NEEDS_A_PERSON = frozenset({Outcome.AUTH_FAILED, Outcome.BLOCKED, Outcome.GONE, Outcome.UNSIGNED})


LOCK_HEALTH = """
SELECT health.connection_id, connection.status, connection.max_in_flight, health.breaker,
       health.failures_in_row, health.successes_in_row, health.openings, health.not_before,
       health.in_flight_limit, health.window, health.last_success_at, health.last_failure_at,
       health.last_failure, health.last_failure_parameters, statement_timestamp()
FROM fulfilment_health AS health
JOIN fulfilment_connection AS connection ON connection.id = health.connection_id
WHERE health.connection_id = ANY(%(used)s)
FOR NO KEY UPDATE OF health SKIP LOCKED
"""
"""Returns the database's moment too, as claims do: a worker's clock may be minutes off."""

UPDATE_HEALTH = """
UPDATE fulfilment_health AS health
SET breaker = new.breaker, failures_in_row = new.failures_in_row,
    successes_in_row = new.successes_in_row, openings = new.openings,
    not_before = new.not_before, in_flight_limit = new.in_flight_limit,
    "window" = new."window", last_success_at = new.last_success_at,
    last_failure_at = new.last_failure_at, last_failure = new.last_failure,
    last_failure_parameters = new.last_failure_parameters
FROM json_to_recordset(%s::json) AS new
    (connection_id uuid, breaker text, failures_in_row int, successes_in_row int, openings int,
     not_before timestamptz, in_flight_limit int, "window" jsonb, last_success_at timestamptz,
     last_failure_at timestamptz, last_failure text, last_failure_parameters jsonb)
WHERE health.connection_id = new.connection_id
"""


@dataclass(slots=True, eq=False)
class HealthRecord:
    """The health of a connection, read under lock and written back whole."""

    connection_id: uuid.UUID
    status: str
    state: circuit_breaker.Breaker
    last_success_at: dt.datetime | None
    last_failure_at: dt.datetime | None
    last_failure: StoredText
    now: dt.datetime

    def record(self, result: AttemptResult) -> None:
        """Count one result."""
        self.state = _after(self.state, result, self.now)
        if result.outcome in WORKING:
            self.last_success_at = result.finished_at
        else:
            self.last_failure_at = result.finished_at
            self.last_failure = store(result.detail, 300)

    def as_row(self) -> dict[str, Any]:
        """Return the columns to store."""
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
            "last_failure": self.last_failure.template,
            "last_failure_parameters": self.last_failure.parameters,
        }


def lock_health(steps: Iterable[Step]) -> dict[uuid.UUID, HealthRecord]:
    """Lock the health of the connections used, but not what another worker has locked."""
    return _lock({step.batch.target.connection_id for step in steps if is_used(step)})


def _lock(used: set[uuid.UUID]) -> dict[uuid.UUID, HealthRecord]:
    if not used:
        return {}
    records = [_read(*row) for row in query_prepared(LOCK_HEALTH, {"used": list(used)})]
    return {record.connection_id: record for record in records}


def is_used(step: Step) -> bool:
    """Whether a request was made, so that the health of the connection changes."""
    return any(handoff.results for handoff in step.handoffs)


def record_results(steps: Iterable[Step], health: Mapping[uuid.UUID, HealthRecord]) -> None:
    """Bring the locked health of every connection that was used up to date."""
    results: defaultdict[uuid.UUID, list[AttemptResult]] = defaultdict(list)
    for step in steps:
        for handoff in step.handoffs:
            results[step.batch.target.connection_id].extend(handoff.results)
    _record(results, health)


@transaction.atomic
def record_answers(connection_id: uuid.UUID, results: Sequence[AttemptResult]) -> None:
    """Count answers of a connection to requests of no handoff, unless a worker counts others."""
    _record({connection_id: results}, _lock({connection_id}))


def _record(
    results: Mapping[uuid.UUID, Sequence[AttemptResult]],
    health: Mapping[uuid.UUID, HealthRecord],
) -> None:
    used = {health[key]: value for key, value in results.items() if value and key in health}
    for record, found in used.items():
        in_order = sorted(found, key=lambda result: result.finished_at)
        for result in in_order:
            record.record(result)
        _set_status(record, in_order[-1].outcome)
    write_rows(UPDATE_HEALTH, [record.as_row() for record in used])


def _read(
    connection_id: uuid.UUID, status: str, most_at_once: int, state: str, *figures: Any
) -> HealthRecord:
    failures, successes, openings, not_before, at_once, window, *last, now = figures
    last_success_at, last_failure_at, template, parameters = last
    breaker = circuit_breaker.Breaker(
        most_at_once=most_at_once,
        state=circuit_breaker.State(state),
        failures_in_row=failures,
        successes_in_row=successes,
        openings=openings,
        not_before=not_before,
        at_once=at_once,
        window=tuple((second, good, bad) for second, good, bad in orjson.loads(window)),
    )
    last_failure = StoredText(template, orjson.loads(parameters) if parameters else None)
    return HealthRecord(
        connection_id, status, breaker, last_success_at, last_failure_at, last_failure, now
    )


def _after(
    state: circuit_breaker.Breaker, result: AttemptResult, now: dt.datetime
) -> circuit_breaker.Breaker:
    if result.outcome in WORKING:
        return state.succeed(now)
    if result.outcome == Outcome.BUSY:
        pause = result.error.retry_after if result.error else None
        return state.slow_down(now, pause or 0)
    if result.outcome in NEEDS_A_PERSON:
        return state.wait(now, circuit_breaker.PROBE_SIGN_IN_SECONDS)
    return state.fail(now)


def _set_status(record: HealthRecord, outcome: str) -> None:
    """Set the connection's status when only an operator can repair it, and reset it afterwards."""
    wanted = {Outcome.AUTH_FAILED: Status.AUTH_FAILED, Outcome.GONE: Status.GONE}.get(
        Outcome(outcome)
    )
    if wanted is None and outcome in WORKING and record.status == Status.AUTH_FAILED:
        wanted = Status.ACTIVE
    if wanted is not None and record.status in {Status.ACTIVE, Status.AUTH_FAILED}:
        Connection.objects.filter(pk=record.connection_id).update(
            status=wanted, updated_at=timezone.now()
        )
