"""Completion of deliveries: stores results in one transaction, fenced by the lease tokens."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection as database
from django.db import transaction

from common.identifiers import uuid7
from fulfilment.connectors.engine import AttemptResult, InFlightHandoff, LaneBatch, Step
from fulfilment.models import Handoff, Lane
from fulfilment.outbound.connection_health import record_results
from fulfilment.outbound.leases import lease_seconds, sending_window
from fulfilment.outbound.outcomes import HandoffOutcome, decide_outcome
from fulfilment.services.bulk_sql import write_rows
from fulfilment.services.references import NewReference, store_references

LANES_HELD = """
SELECT lane.lease_token FROM fulfilment_lane AS lane
JOIN unnest(%(lanes)s::uuid[], %(tokens)s::uuid[]) AS held (id, token)
  ON lane.id = held.id AND lane.lease_token = held.token
"""
LANES_LOCKED = LANES_HELD + "FOR NO KEY UPDATE OF lane SKIP LOCKED"

INSERT_ATTEMPTS = """
INSERT INTO fulfilment_attempt
    (id, handoff_id, verb, outcome, url, status_code, duration_ms, detail, response_head,
     started_at, finished_at)
SELECT * FROM json_to_recordset(%s::json) AS attempt
    (id uuid, handoff_id uuid, verb text, outcome text, url text, status_code int,
     duration_ms int, detail text, response_head text,
     started_at timestamptz, finished_at timestamptz)
"""

UPDATE_HANDOFFS = """
UPDATE fulfilment_handoff AS handoff
SET state = outcome.state,
    cause = outcome.cause,
    reference = CASE WHEN outcome.reference = '' THEN handoff.reference ELSE outcome.reference END,
    refusal_count = outcome.refusal_count,
    is_acknowledged = handoff.is_acknowledged OR outcome.is_acknowledged,
    delivered_at = CASE WHEN outcome.state = 'accepted' THEN clock_timestamp() END
FROM json_to_recordset(%s::json) AS outcome
    (id uuid, state text, cause text, reference text, refusal_count int, is_acknowledged bool)
WHERE handoff.id = outcome.id
"""

UPDATE_LANES = """
UPDATE fulfilment_lane AS lane
SET lease_token = CASE WHEN result.is_over THEN NULL ELSE lane.lease_token END,
    pending = greatest(lane.pending - result.settled, 0),
    is_blocked = result.is_blocked,
    due_at = clock_timestamp() + make_interval(secs => result.seconds),
    acked_version = greatest(lane.acked_version, result.version)
FROM json_to_recordset(%s::json) AS result
    (id uuid, is_over bool, settled int, is_blocked bool, seconds float8, version int)
WHERE lane.id = result.id
"""
"""The lane of a batch that goes on keeps its token, and its lease is renewed."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What a step changes: an outcome per handoff, and how many seconds the lane is not due."""

    step: Step
    outcomes: dict[uuid.UUID, HandoffOutcome]
    settled: int
    seconds: float
    is_blocked: bool
    acked_version: int


def complete(steps: Sequence[Step]) -> list[Step]:
    """Store the results of steps; return the steps whose lane is locked by a save and must wait.

    A batch whose lease has passed to another worker stores its attempts and changes nothing else.
    """
    if not steps:
        return []
    merged = _merge(steps)
    with transaction.atomic():
        ours, waiting = _lock_lanes(merged)
        done = [step for token, step in merged.items() if token not in waiting]
        _store_attempts(done)
        completions = [_complete(merged[token]) for token in ours]
        _update_handoffs(completions)
        store_references(_references(completions))
        _update_lanes(completions)
        record_results(done)
    for token, step in merged.items():
        if token not in waiting:
            step.batch.last_start = _renewed(step.batch) if token in ours else 0.0
    return [merged[token] for token in waiting]


def _merge(steps: Sequence[Step]) -> dict[uuid.UUID, Step]:
    """Make one step of those of the same batch."""
    merged: dict[uuid.UUID, Step] = {}
    for step in steps:
        known = merged.get(step.batch.lease_token)
        if known is None:
            merged[step.batch.lease_token] = step
        else:
            handoffs, is_over = known.handoffs + step.handoffs, known.is_over or step.is_over
            merged[step.batch.lease_token] = Step(step.batch, handoffs, is_over)
    return merged


def _renewed(batch: LaneBatch) -> float:
    return time.monotonic() + sending_window(batch.target.deadline)


def _lock_lanes(steps: Mapping[uuid.UUID, Step]) -> tuple[set[uuid.UUID], set[uuid.UUID]]:
    """Lock the lanes whose lease we hold, skipping those that another transaction has locked.

    Returns the tokens of the lanes locked here, and of those that must wait.
    """
    parameters = {
        "lanes": [step.batch.lane_id for step in steps.values()],
        "tokens": list(steps),
    }
    with database.cursor() as cursor:
        cursor.execute(LANES_LOCKED, parameters)
        ours = {row[0] for row in cursor.fetchall()}
        if len(ours) == len(steps):
            return ours, set()
        cursor.execute(LANES_HELD, parameters)
        held = {row[0] for row in cursor.fetchall()}
    return ours, held - ours


def _store_attempts(steps: Iterable[Step]) -> None:
    write_rows(
        INSERT_ATTEMPTS,
        [
            _attempt(step.batch, handoff, result)
            for step in steps
            for handoff in step.handoffs
            for result in (*handoff.abandoned, *handoff.results)
        ],
    )


def _attempt(batch: LaneBatch, handoff: InFlightHandoff, result: AttemptResult) -> dict[str, Any]:
    answer = result.reply or result.error
    took = result.finished_at - result.started_at
    return {
        "id": uuid7(),
        "handoff_id": handoff.handoff_id,
        "verb": result.verb.value,
        "outcome": result.outcome.value,
        "url": batch.target.url,
        "status_code": answer.status if answer else 404,
        "duration_ms": max(0, round(took.total_seconds() * 1000)),
        "detail": result.detail[:500],
        "response_head": answer.head if answer else "",
        "started_at": result.started_at,
        "finished_at": result.finished_at,
    }


def _complete(step: Step) -> Completion:
    """Decide a step: the first handoff that is not delivered decides when the lane is due again."""
    outcomes = {
        handoff.handoff_id: decide_outcome(handoff) or _not_attempted(handoff)
        for handoff in step.handoffs
    }
    accepted = [
        handoff
        for handoff in step.handoffs
        if outcomes[handoff.handoff_id].state == Handoff.State.ACCEPTED
    ]
    open_ = [outcomes[handoff.handoff_id] for handoff in step.handoffs if handoff not in accepted]
    refused = bool(open_) and open_[0].state == Handoff.State.NEEDS_ATTENTION
    skips = refused and step.batch.target.skips_refused
    pause = open_[0].pause if open_ else 0.0
    return Completion(
        step=step,
        outcomes=outcomes,
        settled=len(accepted) + skips,
        seconds=pause if step.is_over else lease_seconds(step.batch.target.deadline),
        is_blocked=refused and not skips,
        acked_version=max((handoff.version for handoff in accepted), default=0),
    )


def _not_attempted(handoff: InFlightHandoff) -> HandoffOutcome:
    """Put back a handoff that was claimed but not attempted, or whose attempt was cancelled."""
    unsure = handoff.must_find or handoff.is_started
    state = Handoff.State.UNKNOWN_OUTCOME if unsure else Handoff.State.QUEUED
    return HandoffOutcome(state, refusal_count=handoff.refusal_count)


def _update_handoffs(completions: Sequence[Completion]) -> None:
    write_rows(
        UPDATE_HANDOFFS,
        [
            {
                "id": handoff_id,
                "state": outcome.state.value,
                "cause": outcome.cause,
                "reference": outcome.reference,
                "refusal_count": outcome.refusal_count,
                "is_acknowledged": outcome.is_acknowledged,
            }
            for completion in completions
            for handoff_id, outcome in completion.outcomes.items()
        ],
    )


def _update_lanes(completions: Sequence[Completion]) -> None:
    write_rows(
        UPDATE_LANES,
        [
            {
                "id": completion.step.batch.lane_id,
                "is_over": completion.step.is_over,
                "settled": completion.settled,
                "is_blocked": completion.is_blocked,
                "seconds": completion.seconds,
                "version": completion.acked_version,
            }
            for completion in completions
        ],
    )
    empty = [s.step.batch.lane_id for s in completions if not s.step.batch.handoffs]
    if empty:  # a pending count that is too high would be claimed for ever
        Lane.objects.filter(pk__in=empty).update(pending=0)


def _references(completions: Sequence[Completion]) -> list[NewReference]:
    return [
        NewReference(completion.step.batch.target.connection_id, handoff.record, outcome.reference)
        for completion in completions
        for handoff in completion.step.handoffs
        if (outcome := completion.outcomes[handoff.handoff_id]).refers_to_record
        and handoff.message.needs_reference
        and handoff.record is not None
    ]
