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
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from fulfilment import signing
from fulfilment.connectors import Message, Record, Target
from fulfilment.connectors.engine import Errand, Round, Trial
from fulfilment.errors import OutcomeUnknown
from fulfilment.models import Attempt, Connection, Handoff, Health, Lane, Secret
from fulfilment.routes import ROUTES
from fulfilment.schedule import LEASE_MARGIN, LEASE_SECONDS

ERRANDS_PER_ROUND = 10
"""So many handoffs of one lane are taken with one claim."""

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
        SELECT id, lane_id, position, state, is_taken, attempts, message_id, payload_id, event_id
        FROM fulfilment_handoff
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
RETURNING next.lane_id, next.position, next.id, next.state, next.is_taken, next.attempts,
          next.message_id, payload.body, event.type, event.subject_type, event.subject_id,
          event.subject_number, event.subject_version
"""

MAY_HAVE_ARRIVED = frozenset({Handoff.State.SENDING, Handoff.State.UNKNOWN_OUTCOME})
"""Found in one of these, a handoff is looked up first: a worker died over it, or it timed out."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A handoff as it was when its lane was claimed."""

    position: int
    id: uuid.UUID
    state: str
    is_taken: bool
    refusals: int
    message_id: str
    body: str
    event_type: str
    subject_type: str
    subject_id: uuid.UUID
    subject_number: str
    subject_version: int


def claim(slots: int) -> list[Round]:
    """Lease up to so many due lanes, fairly among the connections that may be spoken to."""
    with transaction.atomic():
        healths = _speakable()
        if not healths:
            return []
        leases = _lease(healths, slots)
        taken = _take([lane_id for lane_id, _, _ in leases])
    targets = targets_of([health.connection for health in healths])
    now = time.monotonic()
    return [
        Round(
            lane_id=lane_id,
            lease_token=token,
            target=targets[connection_id],
            errands=[_errand(each, targets[connection_id]) for each in taken[lane_id]],
            last_start=now + time_to_start(targets[connection_id].deadline),
        )
        for lane_id, token, connection_id in leases
    ]


def lease_seconds(deadline: float) -> float:
    """Say how long a lease lasts."""
    return max(LEASE_SECONDS, 3 * deadline + LEASE_MARGIN)


def time_to_start(deadline: float) -> float:
    """Start nothing later than this: a slow answer, a look-up and the paperwork must still fit."""
    return lease_seconds(deadline) - 2 * deadline - LEASE_MARGIN


def _speakable() -> list[Health]:
    """Lock the health of each connection that has something due and may be spoken to now.

    The lock makes claims of one connection take turns, so that its limit holds across workers.
    """
    due = Lane.objects.filter(
        connection=OuterRef("connection"), pending__gt=0, is_blocked=False, due_at__lte=Now()
    )
    speakable = Q(connection__status=Connection.Status.ACTIVE) | Q(
        connection__status=Connection.Status.AUTH_FAILED, not_before__isnull=False
    )
    return list(
        Health.objects.filter(speakable, Exists(due))
        .filter(Q(not_before__isnull=True) | Q(not_before__lte=Now()))
        .select_related("connection")
        .order_by(F("connection_id"))
        .select_for_update(of=("self",), no_key=True)
    )


def _lease(healths: Sequence[Health], slots: int) -> list[tuple[uuid.UUID, uuid.UUID, uuid.UUID]]:
    connections = [health.connection for health in healths]
    parameters: dict[str, Any] = {
        "connections": [connection.pk for connection in connections],
        "at_once": [_at_once(health) for health in healths],
        "seconds": [lease_seconds(connection.deadline_seconds) for connection in connections],
        "share": max(1, -(-slots // len(connections))),
        "slots": slots,
    }
    with database.cursor() as cursor:
        cursor.execute(CLAIM, parameters)
        leases: list[tuple[uuid.UUID, uuid.UUID, uuid.UUID]] = cursor.fetchall()
    return leases


def _at_once(health: Health) -> int:
    most = health.connection.max_in_flight
    return most if health.in_flight_limit is None else min(most, health.in_flight_limit)


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
        must_find=taken.state in MAY_HAVE_ARRIVED,
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


def targets_of(connections: Sequence[Connection]) -> dict[uuid.UUID, Target]:
    """Describe connections to their connectors, with the secrets that count now."""
    secrets: defaultdict[uuid.UUID, list[str]] = defaultdict(list)
    for secret in Secret.objects.live(Secret.Purpose.OUTBOUND, connections):
        secrets[secret.connection_id].append(signing.decrypt(secret.ciphertext))
    return {
        connection.pk: Target(
            connection_id=connection.pk,
            kind=connection.kind,
            name=connection.name,
            url=connection.url,
            secrets=tuple(secrets[connection.pk]),
            deadline=connection.deadline_seconds,
            allowed_networks=tuple(connection.allowed_networks),
            gives_references=connection.gives_references,
            skips_refused=connection.skips_refused,
        )
        for connection in connections
    }
