"""Writing down what came of the rounds: one transaction for many, fenced by each lane's lease."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection as database
from django.db import transaction

from common.identifiers import uuid7
from fulfilment.connectors.engine import Errand, Round, Step, Trial
from fulfilment.models import Handoff, Lane
from fulfilment.outbound.connection_health import note_answers
from fulfilment.outbound.leases import lease_seconds, time_to_start
from fulfilment.outbound.outcomes import Verdict, judge
from fulfilment.services.bulk_sql import write_set
from fulfilment.services.references import Naming, keep_references

HELD = """
SELECT lane.lease_token FROM fulfilment_lane AS lane
JOIN unnest(%(lanes)s::uuid[], %(tokens)s::uuid[]) AS held (id, token)
  ON lane.id = held.id AND lane.lease_token = held.token
"""
LOCKED = HELD + "FOR NO KEY UPDATE OF lane SKIP LOCKED"

KEEP_EVIDENCE = """
INSERT INTO fulfilment_attempt
    (id, handoff_id, verb, outcome, url, status_code, duration_ms, detail, response_head,
     started_at, finished_at)
SELECT * FROM json_to_recordset(%s::json) AS trial
    (id uuid, handoff_id uuid, verb text, outcome text, url text, status_code int,
     duration_ms int, detail text, response_head text,
     started_at timestamptz, finished_at timestamptz)
"""

SETTLE_HANDOFFS = """
UPDATE fulfilment_handoff AS handoff
SET state = verdict.state,
    cause = verdict.cause,
    reference = CASE WHEN verdict.reference = '' THEN handoff.reference ELSE verdict.reference END,
    attempts = verdict.refusals,
    is_taken = handoff.is_taken OR verdict.is_taken,
    delivered_at = CASE WHEN verdict.state = 'accepted' THEN clock_timestamp() END
FROM json_to_recordset(%s::json) AS verdict
    (id uuid, state text, cause text, reference text, refusals int, is_taken bool)
WHERE handoff.id = verdict.id
"""

MOVE_LANES = """
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
"""A round that goes on keeps its token, and its lease is renewed."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a step changes: a verdict per errand, and how long the lane is not due."""

    step: Step
    verdicts: dict[uuid.UUID, Verdict]
    settled: int
    seconds: float
    is_blocked: bool
    acked_version: int


def complete(steps: Sequence[Step]) -> list[Step]:
    """Write steps down; return those whose lane is locked by a save and must wait.

    A round whose lease has passed to somebody else leaves its evidence and changes nothing.
    """
    if not steps:
        return []
    merged = _merge(steps)
    with transaction.atomic():
        ours, waiting = _sort_out(merged)
        done = [step for token, step in merged.items() if token not in waiting]
        _keep_evidence(done)
        settlements = [_settle(merged[token]) for token in ours]
        _write_handoffs(settlements)
        keep_references(_namings(settlements))
        _move_lanes(settlements)
        note_answers(done)
    for token, step in merged.items():
        if token not in waiting:
            step.round.last_start = _renewed(step.round) if token in ours else 0.0
    return [merged[token] for token in waiting]


def _merge(steps: Sequence[Step]) -> dict[uuid.UUID, Step]:
    """Make one step of those of the same round."""
    merged: dict[uuid.UUID, Step] = {}
    for step in steps:
        known = merged.get(step.round.lease_token)
        if known is None:
            merged[step.round.lease_token] = step
        else:
            errands, is_over = known.errands + step.errands, known.is_over or step.is_over
            merged[step.round.lease_token] = Step(step.round, errands, is_over)
    return merged


def _renewed(round_: Round) -> float:
    return time.monotonic() + time_to_start(round_.target.deadline)


def _sort_out(steps: Mapping[uuid.UUID, Step]) -> tuple[set[uuid.UUID], set[uuid.UUID]]:
    """Lock the lanes we still hold; never wait for one that a long transaction has."""
    parameters = {
        "lanes": [step.round.lane_id for step in steps.values()],
        "tokens": list(steps),
    }
    with database.cursor() as cursor:
        cursor.execute(LOCKED, parameters)
        ours = {row[0] for row in cursor.fetchall()}
        if len(ours) == len(steps):
            return ours, set()
        cursor.execute(HELD, parameters)
        held = {row[0] for row in cursor.fetchall()}
    return ours, held - ours


def _keep_evidence(steps: Iterable[Step]) -> None:
    write_set(
        KEEP_EVIDENCE,
        [
            _attempt(step.round, errand, trial)
            for step in steps
            for errand in step.errands
            for trial in (*errand.past, *errand.trials)
        ],
    )


def _attempt(round_: Round, errand: Errand, trial: Trial) -> dict[str, Any]:
    answer = trial.reply or trial.error
    took = trial.finished_at - trial.started_at
    return {
        "id": uuid7(),
        "handoff_id": errand.handoff_id,
        "verb": trial.verb.value,
        "outcome": trial.outcome.value,
        "url": round_.target.url,
        "status_code": answer.status if answer else 404,
        "duration_ms": max(0, round(took.total_seconds() * 1000)),
        "detail": trial.detail[:500],
        "response_head": answer.head if answer else "",
        "started_at": trial.started_at,
        "finished_at": trial.finished_at,
    }


def _settle(step: Step) -> Settlement:
    """Judge a step: the first errand that is not over there decides when the lane goes on."""
    verdicts = {errand.handoff_id: judge(errand) or _untouched(errand) for errand in step.errands}
    accepted = [
        errand
        for errand in step.errands
        if verdicts[errand.handoff_id].state == Handoff.State.ACCEPTED
    ]
    open_ = [verdicts[errand.handoff_id] for errand in step.errands if errand not in accepted]
    refused = bool(open_) and open_[0].state == Handoff.State.NEEDS_ATTENTION
    skips = refused and step.round.target.skips_refused
    pause = open_[0].pause if open_ else 0.0
    return Settlement(
        step=step,
        verdicts=verdicts,
        settled=len(accepted) + skips,
        seconds=pause if step.is_over else lease_seconds(step.round.target.deadline),
        is_blocked=refused and not skips,
        acked_version=max((errand.version for errand in accepted), default=0),
    )


def _untouched(errand: Errand) -> Verdict:
    """Put back what was claimed but not reached, or not seen through."""
    unsure = errand.must_find or errand.is_begun
    state = Handoff.State.UNKNOWN_OUTCOME if unsure else Handoff.State.QUEUED
    return Verdict(state, refusals=errand.refusals)


def _write_handoffs(settlements: Sequence[Settlement]) -> None:
    write_set(
        SETTLE_HANDOFFS,
        [
            {
                "id": handoff_id,
                "state": verdict.state.value,
                "cause": verdict.cause,
                "reference": verdict.reference,
                "refusals": verdict.refusals,
                "is_taken": verdict.is_taken,
            }
            for settlement in settlements
            for handoff_id, verdict in settlement.verdicts.items()
        ],
    )


def _move_lanes(settlements: Sequence[Settlement]) -> None:
    write_set(
        MOVE_LANES,
        [
            {
                "id": settlement.step.round.lane_id,
                "is_over": settlement.step.is_over,
                "settled": settlement.settled,
                "is_blocked": settlement.is_blocked,
                "seconds": settlement.seconds,
                "version": settlement.acked_version,
            }
            for settlement in settlements
        ],
    )
    empty = [s.step.round.lane_id for s in settlements if not s.step.round.errands]
    if empty:  # a count that says more than there is would be claimed for ever
        Lane.objects.filter(pk__in=empty).update(pending=0)


def _namings(settlements: Sequence[Settlement]) -> list[Naming]:
    return [
        Naming(settlement.step.round.target.connection_id, errand.record, verdict.reference)
        for settlement in settlements
        for errand in settlement.step.errands
        if (verdict := settlement.verdicts[errand.handoff_id]).names_record
        and errand.message.needs_reference
        and errand.record is not None
    ]
