"""Completion of deliveries: stores results in one transaction, fenced by the lease tokens."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from common.identifiers import uuid7
from common.sentences import Sentence
from common.sentences import sentence as _
from common.stored_sentences import columns
from fulfilment.addresses import shown_url
from fulfilment.connectors.engine import AttemptResult, InFlightHandoff, LaneBatch, Step
from fulfilment.errors import OutcomeUnknown, StaleMessage
from fulfilment.models import Attempt, Handoff, Lane
from fulfilment.outbound.connection_health import is_used, lock_health, record_results
from fulfilment.outbound.leases import lease_seconds, sending_window
from fulfilment.outbound.outcomes import HandoffOutcome, decide_outcome
from fulfilment.services.bulk_sql import query_prepared, write_rows
from fulfilment.services.order_sync.resent_orders import record_stale_push
from fulfilment.services.references import NewReference, store_references

log = logging.getLogger(__name__)

LANES_HELD = """
SELECT lane.lease_token FROM fulfilment_lane AS lane
JOIN unnest(%(lanes)s::uuid[], %(tokens)s::uuid[]) AS held (id, token)
  ON lane.id = held.id AND lane.lease_token = held.token
"""
LANES_LOCKED = LANES_HELD + "FOR NO KEY UPDATE OF lane SKIP LOCKED"

INSERT_ATTEMPTS = """
INSERT INTO fulfilment_attempt
    (id, handoff_id, verb, outcome, url, status_code, duration_ms, detail, detail_parameters,
     response_head, started_at, finished_at)
SELECT * FROM json_to_recordset(%s::json) AS attempt
    (id uuid, handoff_id uuid, verb text, outcome text, url text, status_code int,
     duration_ms int, detail text, detail_parameters jsonb, response_head text,
     started_at timestamptz, finished_at timestamptz)
"""

UPDATE_HANDOFFS = """
UPDATE fulfilment_handoff AS handoff
SET state = outcome.state,
    cause = outcome.cause, cause_parameters = outcome.cause_parameters,
    reference = CASE WHEN outcome.reference = '' THEN handoff.reference ELSE outcome.reference END,
    refusal_count = outcome.refusal_count,
    is_acknowledged = handoff.is_acknowledged OR outcome.is_acknowledged,
    holds_lane = outcome.holds_lane,
    delivered_at = CASE WHEN outcome.state = 'accepted' THEN clock_timestamp() END
FROM json_to_recordset(%s::json) AS outcome
    (id uuid, state text, cause text, cause_parameters jsonb, reference text, refusal_count int,
     is_acknowledged bool, holds_lane bool)
WHERE handoff.id = outcome.id
"""

UPDATE_LANES = """
UPDATE fulfilment_lane AS lane
SET lease_token = CASE WHEN result.is_over THEN NULL ELSE lane.lease_token END,
    pending = greatest(lane.pending - result.settled, 0),
    is_blocked = result.is_over AND coalesce((
        SELECT handoff.holds_lane FROM fulfilment_handoff AS handoff
        WHERE handoff.lane_id = lane.id
          AND state IN ('queued', 'sending', 'retrying', 'needs_attention', 'unknown_outcome')
          AND (state <> 'needs_attention' OR handoff.holds_lane)
        ORDER BY handoff.position LIMIT 1
    ), false),
    due_at = clock_timestamp() + make_interval(secs => result.seconds),
    acked_version = greatest(lane.acked_version, result.version)
FROM json_to_recordset(%s::json) AS result
    (id uuid, is_over bool, settled int, seconds float8, version int)
WHERE lane.id = result.id
"""
"""The lane of a batch that goes on keeps its token, and its lease is renewed.

A lane is blocked while the next one in it waits for a person.
"""


@dataclass(frozen=True, slots=True)
class Completion:
    """What a step changes: an outcome per handoff, and how many seconds the lane is not due."""

    step: Step
    outcomes: dict[uuid.UUID, HandoffOutcome]
    settled: int
    seconds: float
    acked_version: int


def complete(steps: Sequence[Step]) -> list[Step]:
    """Store the results of steps; return the steps that must wait for another transaction.

    A batch whose lease has passed to another worker stores its attempts and changes nothing else.
    """
    if not steps:
        return []
    merged = _merge(steps)
    _record_stale_pushes(steps)
    try:
        waiting = _store(merged)
    except (OperationalError, InterfaceError):
        raise  # the database is not there, or wants it done again
    except Exception:
        log.exception("Results are stored one by one, since together they cannot be.")
        waiting = set[uuid.UUID]().union(
            *(_store_alone(token, step) for token, step in merged.items())
        )
    return [merged[token] for token in waiting]


def _record_stale_pushes(steps: Iterable[Step]) -> None:
    """Note what they refused since they are ahead, before its handoff is superseded.

    A worker that dies in between sends it once more, and is refused once more.
    """
    for step in steps:
        for handoff in step.handoffs:
            error = handoff.results[-1].error if handoff.results else None
            if isinstance(error, StaleMessage) and handoff.record is not None:
                record_stale_push(
                    step.batch.target.connection_id,
                    handoff.record,
                    handoff.message.id,
                    error.sequence,
                )


def _store(steps: Mapping[uuid.UUID, Step]) -> set[uuid.UUID]:
    """Store steps in one transaction; return the tokens of those that must wait."""
    with transaction.atomic():
        health = lock_health(steps.values())
        ready = {
            token: step
            for token, step in steps.items()
            if not is_used(step) or step.batch.target.connection_id in health
        }
        ours, locked = _lock_lanes(ready)
        done = {token: step for token, step in ready.items() if token not in locked}
        _store_attempts(done.values())
        completions = [_complete(done[token]) for token in ours]
        _update_handoffs(completions)
        store_references(_references(completions))
        _update_lanes(completions)
        record_results(done.values(), health)
    for token, step in done.items():
        step.batch.last_start = _renewed(step.batch) if token in ours else 0.0
    return steps.keys() - done.keys()


def _store_alone(token: uuid.UUID, step: Step) -> set[uuid.UUID]:
    """Store one step; if that cannot be done, a person must look at it."""
    try:
        return _store({token: step})
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("An answer of %s cannot be stored.", step.batch.target.name)
        return _set_aside(token, step, error)


def _set_aside(token: uuid.UUID, step: Step, error: Exception) -> set[uuid.UUID]:
    """Block the lane at the first handoff of a step; what was sent is looked up before a repeat."""
    step.batch.last_start = 0.0
    cause = _(
        "Its answer could not be stored (%(error)s); the log has the details. "
        "Send it again once that is mended: it is looked up first.",
        error=type(error).__name__,
    )
    with transaction.atomic():
        ours, locked = _lock_lanes({token: step})
        if not ours:
            return locked
        for handoff in step.handoffs:
            handoff.results = [_unknown(cause)] if handoff.results else []
        first, *others = step.handoffs
        outcomes = {each.handoff_id: _decide(each) for each in others}
        outcomes[first.handoff_id] = replace(
            _decide(first),
            state=Handoff.State.NEEDS_ATTENTION,
            cause=cause,
            holds_lane=True,
        )
        over = Step(step.batch, step.handoffs, is_over=True)
        completion = Completion(over, outcomes, settled=0, seconds=0, acked_version=0)
        _store_attempts([step])
        _update_handoffs([completion])
        _update_lanes([completion])
    return set()


def _unknown(cause: Sentence) -> AttemptResult:
    now = timezone.now()
    error = OutcomeUnknown(cause)
    return AttemptResult(Attempt.Verb.PUSH, error.outcome, now, now, error=error)


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
    if not steps:
        return set(), set()
    parameters = {
        "lanes": [step.batch.lane_id for step in steps.values()],
        "tokens": list(steps),
    }
    ours = {row[0] for row in query_prepared(LANES_LOCKED, parameters)}
    if len(ours) == len(steps):
        return ours, set()
    held = {row[0] for row in query_prepared(LANES_HELD, parameters)}
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
    return {
        "id": uuid7(),
        "handoff_id": handoff.handoff_id,
        "verb": result.verb.value,
        "outcome": result.outcome.value,
        "url": shown_url(batch.target.url),
        "status_code": answer.status if answer else 404,
        "duration_ms": result.duration_ms,
        **columns("detail", result.detail, 500),
        "response_head": answer.head if answer else "",
        "started_at": result.started_at,
        "finished_at": result.finished_at,
    }


def _complete(step: Step) -> Completion:
    """Decide a step: the first handoff that is not delivered decides when the lane is due again."""
    skips = step.batch.target.skips_refused
    outcomes = {handoff.handoff_id: _decide(handoff, skips) for handoff in step.handoffs}
    accepted = [
        handoff
        for handoff in step.handoffs
        if outcomes[handoff.handoff_id].state == Handoff.State.ACCEPTED
    ]
    open_ = [outcomes[handoff.handoff_id] for handoff in step.handoffs if handoff not in accepted]
    skipped = [each for each in open_ if each.is_passed_over]
    pause = open_[0].pause if open_ else 0.0
    return Completion(
        step=step,
        outcomes=outcomes,
        settled=len(accepted) + len(skipped),
        seconds=pause if step.is_over else lease_seconds(step.batch.target.deadline),
        acked_version=max((handoff.version for handoff in accepted), default=0),
    )


def _decide(handoff: InFlightHandoff, skips: bool = False) -> HandoffOutcome:
    return decide_outcome(handoff, skips_refused=skips) or _not_attempted(handoff)


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
                **columns("cause", outcome.cause, 300),
                "reference": outcome.reference,
                "refusal_count": outcome.refusal_count,
                "is_acknowledged": outcome.is_acknowledged,
                "holds_lane": outcome.holds_lane,
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
                "seconds": completion.seconds,
                "version": completion.acked_version,
            }
            for completion in completions
        ],
    )
    empty = [s.step.batch.lane_id for s in completions if not s.step.batch.handoffs]
    if empty:  # a pending count that is too high would be claimed for ever
        Lane.objects.filter(pk__in=empty, is_blocked=False).update(pending=0)


def _references(completions: Sequence[Completion]) -> list[NewReference]:
    return [
        NewReference(completion.step.batch.target.connection_id, handoff.record, outcome.reference)
        for completion in completions
        for handoff in completion.step.handoffs
        if (outcome := completion.outcomes[handoff.handoff_id]).refers_to_record
        and handoff.message.needs_reference
        and handoff.record is not None
    ]
