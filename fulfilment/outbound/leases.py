"""Claiming lanes: who holds the lease sends, and nobody else.

A lease is ``due_at`` pushed ahead by the database's clock, and a token; completing with a token
that is no longer the lane's changes nothing.
"""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from fulfilment import signing
from fulfilment.connectors import Message, Record, Target
from fulfilment.connectors.engine import Errand, Round, Trial
from fulfilment.errors import OutcomeUnknown
from fulfilment.models import Attempt, Handoff
from fulfilment.outbound.retry_schedule import LEASE_MARGIN, LEASE_SECONDS
from fulfilment.routes import ROUTES

ERRANDS_PER_ROUND = 10
"""So many handoffs of one lane are taken with one claim."""

SPEAKABLE = """
SELECT connection.id, connection.kind, connection.name, connection.url,
       connection.deadline_seconds, connection.allowed_networks, connection.gives_references,
       connection.skips_refused,
       least(connection.max_in_flight, health.in_flight_limit) AS at_once,
       ARRAY(
           SELECT ciphertext FROM fulfilment_secret AS secret
           WHERE secret.connection_id = connection.id AND secret.purpose = 'outbound'
             AND secret.active_from <= statement_timestamp()
             AND (secret.expires_at IS NULL OR secret.expires_at > statement_timestamp())
           ORDER BY secret.active_from DESC
       ) AS secrets
FROM fulfilment_health AS health
JOIN fulfilment_connection AS connection ON connection.id = health.connection_id
WHERE (connection.status = 'active'
       OR connection.status = 'auth_failed' AND health.not_before IS NOT NULL)
  AND (health.not_before IS NULL OR health.not_before <= statement_timestamp())
  AND EXISTS (
      SELECT FROM fulfilment_lane AS lane
      WHERE lane.connection_id = connection.id
        AND lane.pending > 0 AND NOT lane.is_blocked AND lane.due_at <= statement_timestamp()
  )
ORDER BY connection.id
FOR NO KEY UPDATE OF health
"""
"""The lock makes claims of one connection take turns, so that its limit holds across workers.

What counts now is for the database to say: a worker's clock may be minutes off.
"""

CLAIM = """
WITH wish AS (
    SELECT * FROM unnest(%(connections)s::uuid[], %(at_once)s::int[], %(seconds)s::float8[])
        AS wish (connection_id, at_once, seconds)
), room AS (
    SELECT wish.*, at_once - (
        SELECT count(*) FROM fulfilment_lane AS busy
        WHERE busy.connection_id = wish.connection_id
          AND busy.lease_token IS NOT NULL AND busy.due_at > statement_timestamp()
    ) AS free FROM wish
), chosen AS (
    SELECT due.id, room.seconds FROM room CROSS JOIN LATERAL (
        SELECT lane.id, lane.due_at FROM fulfilment_lane AS lane
        WHERE lane.connection_id = room.connection_id
          AND lane.pending > 0 AND NOT lane.is_blocked AND lane.due_at <= statement_timestamp()
        ORDER BY lane.due_at
        LIMIT greatest(least(room.free, %(share)s), 0)
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS due
    ORDER BY due.due_at LIMIT %(slots)s
)
UPDATE fulfilment_lane AS lane
SET lease_token = gen_random_uuid(),
    due_at = clock_timestamp() + make_interval(secs => chosen.seconds)
FROM chosen WHERE lane.id = chosen.id
RETURNING lane.id, lane.lease_token, lane.connection_id
"""

TAKE = """
WITH next AS (
    SELECT waiting.* FROM unnest(%(lanes)s::uuid[]) AS lane (id) CROSS JOIN LATERAL (
        SELECT id, lane_id, position, state, is_taken, attempts, message_id, payload_id, event_id,
               state IN ('sending', 'unknown_outcome') OR delivered_at IS NULL AND EXISTS (
                   SELECT FROM fulfilment_attempt AS attempt
                   WHERE attempt.handoff_id = handoff.id AND attempt.outcome = 'unknown'
               ) AS may_have_arrived
        FROM fulfilment_handoff AS handoff
        WHERE lane_id = lane.id
          AND state IN ('queued', 'sending', 'retrying', 'unknown_outcome')
        ORDER BY position LIMIT %(most)s
    ) AS waiting
)
UPDATE fulfilment_handoff AS handoff SET state = 'sending'
FROM next
JOIN fulfilment_payload AS payload ON payload.id = next.payload_id
JOIN sales_salesevent AS event ON event.id = next.event_id
WHERE handoff.id = next.id
RETURNING next.lane_id, next.position, next.id, next.state, next.may_have_arrived, next.is_taken,
          next.attempts, next.message_id, payload.body,
          event.type, event.subject_type, event.subject_id, event.subject_number,
          event.subject_version
"""
"""What may have arrived is looked up first: a worker died over it, or it timed out, whenever that
was: a copy that nobody found may still be on its way while a later one is refused.
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A handoff as it was when its lane was claimed."""

    position: int
    id: uuid.UUID
    state: str
    may_have_arrived: bool
    is_taken: bool
    refusals: int
    message_id: str
    body: str
    event_type: str
    subject_type: str
    subject_id: uuid.UUID
    subject_number: str
    subject_version: int


@dataclass(frozen=True, slots=True)
class Speakable:
    """A connection that has something due and may be spoken to now, with how many at once."""

    target: Target
    at_once: int


def claim(slots: int) -> list[Round]:
    """Lease up to so many due lanes, fairly among the connections that may be spoken to."""
    if slots < 1:
        return []
    with transaction.atomic():
        speakable = _speakable()
        if not speakable:
            return []
        leases = _lease(list(speakable.values()), slots)
        taken = _take([lane_id for lane_id, _, _ in leases])
    now = time.monotonic()
    rounds = []
    for lane_id, token, connection_id in leases:
        target = speakable[connection_id].target
        errands = [_errand(each, target) for each in taken[lane_id]]
        last_start = now + time_to_start(target.deadline)
        rounds.append(Round(lane_id, token, target, errands, last_start))
    return rounds


def lease_seconds(deadline: float) -> float:
    """Say how long a lease lasts."""
    return max(LEASE_SECONDS, 3 * deadline + LEASE_MARGIN)


def time_to_start(deadline: float) -> float:
    """Start nothing later than this: a slow answer, a look-up and the paperwork must still fit."""
    return lease_seconds(deadline) - 2 * deadline - LEASE_MARGIN


def _speakable() -> dict[uuid.UUID, Speakable]:
    with database.cursor() as cursor:
        cursor.execute(SPEAKABLE)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return {row[0]: _read_speakable(*row) for row in rows}


def _read_speakable(
    pk: uuid.UUID,
    kind: str,
    name: str,
    url: str,
    deadline: int,
    networks: list[str],
    gives_references: bool,
    skips_refused: bool,
    at_once: int,
    secrets: list[bytes],
) -> Speakable:
    target = Target(
        connection_id=pk,
        kind=kind,
        name=name,
        url=url,
        secrets=tuple(signing.decrypt(secret) for secret in secrets),
        deadline=deadline,
        allowed_networks=tuple(networks),
        gives_references=gives_references,
        skips_refused=skips_refused,
    )
    return Speakable(target, at_once)


def _lease(
    speakable: Sequence[Speakable], slots: int
) -> list[tuple[uuid.UUID, uuid.UUID, uuid.UUID]]:
    parameters: dict[str, Any] = {
        "connections": [each.target.connection_id for each in speakable],
        "at_once": [each.at_once for each in speakable],
        "seconds": [lease_seconds(each.target.deadline) for each in speakable],
        "share": max(1, -(-slots // len(speakable))),
        "slots": slots,
    }
    with database.cursor() as cursor:
        cursor.execute(CLAIM, parameters)
        leases: list[tuple[uuid.UUID, uuid.UUID, uuid.UUID]] = cursor.fetchall()
    return leases


def _take(lane_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Taken]]:
    """Mark the next handoffs of each lane as being sent, and return them in their order."""
    by_lane: defaultdict[uuid.UUID, list[Taken]] = defaultdict(list)
    if not lane_ids:
        return by_lane
    with database.cursor() as cursor:
        cursor.execute(TAKE, {"lanes": list(lane_ids), "most": ERRANDS_PER_ROUND})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    for lane_id, *values in rows:
        by_lane[lane_id].append(Taken(*values))
    for taken in by_lane.values():
        taken.sort(key=lambda each: each.position)
    return by_lane


def _errand(taken: Taken, target: Target) -> Errand:
    opens_record = ROUTES[taken.event_type].opens_record
    errand = Errand(
        handoff_id=taken.id,
        message=Message(
            id=taken.message_id,
            body=taken.body,
            needs_reference=opens_record and target.gives_references,
        ),
        must_find=taken.may_have_arrived,
        is_taken=taken.is_taken,
        refusals=taken.refusals,
        record=Record(taken.subject_type, taken.subject_id, taken.subject_number),
        version=taken.subject_version,
    )
    if taken.state == Handoff.State.SENDING:
        errand.past.append(_abandoned())
    return errand


def _abandoned() -> Trial:
    now = timezone.now()
    error = OutcomeUnknown("Whoever was sending it never reported back.")
    return Trial(Attempt.Verb.PUSH, error.outcome, now, now, error=error)
