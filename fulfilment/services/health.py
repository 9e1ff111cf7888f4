"""Keeping count of how connections answer, for the breaker and for people."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable

from django.utils import timezone

from fulfilment import breaker
from fulfilment.connectors.engine import Step, Trial
from fulfilment.models import Attempt, Connection, Health

Outcome = Attempt.Outcome
Status = Connection.Status

WORKS = frozenset(
    {Outcome.DONE, Outcome.FOUND, Outcome.NOT_FOUND, Outcome.NO_REFERENCE, Outcome.REFUSED}
)
"""Outcomes of a connection that works, whatever it thinks of the message."""

NEEDS_A_PERSON = frozenset({Outcome.AUTH_FAILED, Outcome.BLOCKED, Outcome.GONE})


def note_answers(steps: Iterable[Step]) -> None:
    """Bring the health of every connection that was spoken to up to date."""
    trials: defaultdict[uuid.UUID, list[Trial]] = defaultdict(list)
    for step in steps:
        for errand in step.errands:
            trials[step.round.target.connection_id].extend(errand.trials)
    spoken_to = {key: value for key, value in trials.items() if value}
    healths = list(
        Health.objects.filter(connection__in=spoken_to)
        .select_related("connection")
        .order_by("connection_id")
        .select_for_update(of=("self",), no_key=True)
    )
    for health in healths:
        _note(health, sorted(spoken_to[health.pk], key=lambda trial: trial.finished_at))
    Health.objects.bulk_update(healths, _COLUMNS)


_COLUMNS = [
    "breaker",
    "failures_in_row",
    "successes_in_row",
    "openings",
    "not_before",
    "in_flight_limit",
    "window",
    "last_success_at",
    "last_failure_at",
    "last_failure",
]


def _note(health: Health, trials: list[Trial]) -> None:
    state = _state(health)
    for trial in trials:
        state = _after(state, trial)
        if trial.outcome in WORKS:
            health.last_success_at = trial.finished_at
        else:
            health.last_failure_at = trial.finished_at
            health.last_failure = trial.detail[:300]
    _keep(health, state)
    _set_status(health.connection, trials[-1].outcome)


def _after(state: breaker.Breaker, trial: Trial) -> breaker.Breaker:
    now = timezone.now()
    if trial.outcome in WORKS:
        return state.succeed(now)
    if trial.outcome == Outcome.BUSY:
        pause = trial.error.retry_after if trial.error else None
        return state.slow_down(now, pause or 0)
    if trial.outcome in NEEDS_A_PERSON:
        return state.wait(now, breaker.PROBE_SIGN_IN_SECONDS)
    return state.fail(now)


def _set_status(connection: Connection, outcome: str) -> None:
    """Say it on the connection when only a person can mend it, and when it is mended."""
    wanted = {Outcome.AUTH_FAILED: Status.AUTH_FAILED, Outcome.GONE: Status.GONE}.get(
        Outcome(outcome)
    )
    if wanted is None and outcome in WORKS and connection.status == Status.AUTH_FAILED:
        wanted = Status.ACTIVE
    if wanted is not None and connection.status in {Status.ACTIVE, Status.AUTH_FAILED}:
        Connection.objects.filter(pk=connection.pk).update(status=wanted, updated_at=timezone.now())


def _state(health: Health) -> breaker.Breaker:
    return breaker.Breaker(
        most_at_once=health.connection.max_in_flight,
        state=breaker.State(health.breaker),
        failures_in_row=health.failures_in_row,
        successes_in_row=health.successes_in_row,
        openings=health.openings,
        not_before=health.not_before,
        at_once=health.in_flight_limit,
        window=tuple((second, good, failed) for second, good, failed in health.window),
    )


def _keep(health: Health, state: breaker.Breaker) -> None:
    health.breaker = state.state
    health.failures_in_row = state.failures_in_row
    health.successes_in_row = state.successes_in_row
    health.openings = state.openings
    health.not_before = state.not_before
    health.in_flight_limit = state.at_once
    health.window = [list(bucket) for bucket in state.window]
