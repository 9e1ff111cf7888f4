"""Writing down what came of the rounds: one transaction for many, fenced by each lane's lease."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection as database
from django.db import transaction

from common.identifiers import uuid7
from fulfilment.connectors.engine import Errand, Round, Trial
from fulfilment.models import Handoff, Lane
from fulfilment.services.health import note_answers
from fulfilment.services.references import Naming, keep_references
from fulfilment.services.sets import write_set
from fulfilment.services.verdicts import Verdict, judge

HELD = """
SELECT lane.id FROM fulfilment_lane AS lane
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

RELEASE_LANES = """
UPDATE fulfilment_lane AS lane
SET lease_token = NULL,
    pending = greatest(lane.pending - result.settled, 0),
    is_blocked = result.is_blocked,
    due_at = clock_timestamp() + make_interval(secs => result.pause),
    acked_version = greatest(lane.acked_version, result.version)
FROM json_to_recordset(%s::json) AS result
    (id uuid, settled int, is_blocked bool, pause float8, version int)
WHERE lane.id = result.id
"""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a round changes: a verdict per errand, and what the lane does next."""

    round: Round
    verdicts: dict[uuid.UUID, Verdict]
    settled: int
    pause: float
    is_blocked: bool
    acked_version: int


def complete(rounds: Sequence[Round]) -> list[Round]:
    """Write finished rounds down; return those whose lane is locked by a save and must wait.

    A round whose lease has passed to somebody else leaves its evidence and changes nothing.
    """
    if not rounds:
        return []
    with transaction.atomic():
        owned, waiting = _sort_out(rounds)
        done = [round_ for round_ in rounds if round_ not in waiting]
        _keep_evidence(done)
        settlements = [_settle(round_) for round_ in owned]
        _write_handoffs(settlements)
        keep_references(_namings(settlements))
        _release_lanes(settlements)
        note_answers(done)
    return waiting


def _sort_out(rounds: Sequence[Round]) -> tuple[list[Round], list[Round]]:
    """Lock the lanes we still hold; never wait for one that a long transaction has."""
    parameters = {
        "lanes": [round_.lane_id for round_ in rounds],
        "tokens": [round_.lease_token for round_ in rounds],
    }
    with database.cursor() as cursor:
        cursor.execute(LOCKED, parameters)
        ours = {row[0] for row in cursor.fetchall()}
        if len(ours) == len(rounds):
            return list(rounds), []
        cursor.execute(HELD, parameters)
        held = {row[0] for row in cursor.fetchall()}
    owned = [round_ for round_ in rounds if round_.lane_id in ours]
    return owned, [round_ for round_ in rounds if round_.lane_id in held - ours]


def _keep_evidence(rounds: Iterable[Round]) -> None:
    write_set(
        KEEP_EVIDENCE,
        [
            _attempt(round_, errand, trial)
            for round_ in rounds
            for errand in round_.errands
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


def _settle(round_: Round) -> Settlement:
    """Judge a round: the first errand that is not over there decides when the lane goes on."""
    verdicts: dict[uuid.UUID, Verdict] = {}
    settled = version = 0
    pause = 0.0
    is_blocked = stopped = False
    for errand in round_.errands:
        verdict = judge(errand)
        if verdict is None:
            verdicts[errand.handoff_id] = _untouched(errand)
            continue
        verdicts[errand.handoff_id] = verdict
        if verdict.state == Handoff.State.ACCEPTED:
            settled += 1
            version = max(version, errand.version)
        elif not stopped:
            stopped, pause = True, verdict.pause
            is_blocked = verdict.state == Handoff.State.NEEDS_ATTENTION
    if is_blocked and round_.target.skips_refused:
        settled, is_blocked = settled + 1, False
    return Settlement(round_, verdicts, settled, pause, is_blocked, version)


def _untouched(errand: Errand) -> Verdict:
    """Put back what was claimed but not reached."""
    state = Handoff.State.UNKNOWN_OUTCOME if errand.must_find else Handoff.State.QUEUED
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


def _release_lanes(settlements: Sequence[Settlement]) -> None:
    write_set(
        RELEASE_LANES,
        [
            {
                "id": settlement.round.lane_id,
                "settled": settlement.settled,
                "is_blocked": settlement.is_blocked,
                "pause": settlement.pause,
                "version": settlement.acked_version,
            }
            for settlement in settlements
        ],
    )
    empty = [s.round.lane_id for s in settlements if not s.round.errands]
    if empty:  # a count that says more than there is would be claimed for ever
        Lane.objects.filter(pk__in=empty).update(pending=0)


def _namings(settlements: Sequence[Settlement]) -> list[Naming]:
    return [
        Naming(settlement.round.target.connection_id, errand.record, verdict.reference)
        for settlement in settlements
        for errand in settlement.round.errands
        if (verdict := settlement.verdicts[errand.handoff_id]).names_record
        and errand.message.needs_reference
        and errand.record is not None
    ]
