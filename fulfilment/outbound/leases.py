"""Leases on lanes: only the worker that holds a lane's lease token sends its handoffs.

Claiming pushes ``due_at`` ahead by the database's clock and sets a token; completing with a token
that is no longer the lane's changes nothing.
"""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from common.sentences import sentence as _
from fulfilment.connectors import Message, Record, Target
from fulfilment.connectors.engine import AttemptResult, InFlightHandoff, LaneBatch
from fulfilment.errors import OutcomeUnknown
from fulfilment.models import Attempt, Handoff
from fulfilment.outbound.retry_schedule import LEASE_MARGIN, LEASE_SECONDS
from fulfilment.routes import ROUTES
from fulfilment.services.bulk_sql import query_prepared

HANDOFFS_PER_BATCH = 10
"""The most handoffs of one lane in one claim."""

ELIGIBLE_CONNECTIONS = """
SELECT connection.id, connection.kind, connection.name, connection.url,
       connection.deadline_seconds, connection.gives_references, connection.answers_look_ups,
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
  AND NOT EXISTS (
      SELECT FROM crm_partner AS partner
      WHERE partner.id = connection.partner_id AND NOT partner.is_active
  )
  AND (health.not_before IS NULL OR health.not_before <= statement_timestamp())
  AND EXISTS (
      SELECT FROM fulfilment_lane AS lane
      WHERE lane.connection_id = connection.id
        AND lane.pending > 0 AND NOT lane.is_blocked AND lane.due_at <= statement_timestamp()
  )
FOR NO KEY UPDATE OF health SKIP LOCKED
"""
"""Connections that may be used now and have due lanes.

The lock serialises the claims of one connection, so that its limit holds across workers. Whoever
holds it claims again as soon as it has stored a result; nobody waits for it, since there is work
for other connections. The moment is the database's: a worker's clock may be minutes off.
"""

CLAIM_LANES = """
WITH eligible AS (
    SELECT * FROM unnest(%(connections)s::uuid[], %(at_once)s::int[], %(seconds)s::float8[])
        AS eligible (connection_id, at_once, seconds)
), room AS (
    SELECT eligible.*, (
        SELECT count(*) FROM fulfilment_lane AS leased
        WHERE leased.connection_id = eligible.connection_id
          AND leased.lease_token IS NOT NULL AND leased.due_at > statement_timestamp()
    ) AS busy FROM eligible
), chosen AS (
    SELECT due.id, room.seconds FROM room CROSS JOIN LATERAL (
        SELECT lane.id FROM fulfilment_lane AS lane
        WHERE lane.connection_id = room.connection_id
          AND lane.pending > 0 AND NOT lane.is_blocked AND lane.due_at <= statement_timestamp()
        ORDER BY lane.due_at
        LIMIT greatest(least(room.at_once - room.busy, greatest(%(share)s, 1 - room.busy)), 0)
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS due
)
UPDATE fulfilment_lane AS lane
SET lease_token = gen_random_uuid(),
    due_at = clock_timestamp() + make_interval(secs => chosen.seconds)
FROM chosen WHERE lane.id = chosen.id
RETURNING lane.id, lane.lease_token, lane.connection_id
"""
"""A connection of which nothing is under way gets a lane even if others use all slots."""

CLAIM_HANDOFFS = """
WITH next AS (
    SELECT first.* FROM unnest(%(lanes)s::uuid[]) AS lane (id) CROSS JOIN LATERAL (
        SELECT waiting.*, bool_or(holds_lane) OVER (ORDER BY position) AS is_held FROM (
            SELECT id, lane_id, position, state, holds_lane, is_acknowledged, refusal_count,
                   message_id, payload_id, event_id, delivered_at
            FROM fulfilment_handoff
            WHERE lane_id = lane.id
              AND state IN ('queued', 'sending', 'retrying', 'needs_attention', 'unknown_outcome')
              AND (state <> 'needs_attention' OR holds_lane)
            ORDER BY position LIMIT %(most)s
        ) AS waiting
    ) AS first
    WHERE NOT first.is_held
)
UPDATE fulfilment_handoff AS handoff SET state = 'sending'
FROM next
JOIN fulfilment_payload AS payload ON payload.id = next.payload_id
JOIN sales_salesevent AS event ON event.id = next.event_id
WHERE handoff.id = next.id
RETURNING next.lane_id, next.position, next.id, next.state,
          next.state IN ('sending', 'unknown_outcome') OR next.is_acknowledged
              OR next.delivered_at IS NULL AND EXISTS (
                  SELECT FROM fulfilment_attempt AS attempt
                  WHERE attempt.handoff_id = next.id AND attempt.outcome = 'unknown'
              ),
          next.is_acknowledged, next.refusal_count, next.message_id, payload.body,
          event.type, event.subject_type, event.subject_id, event.subject_number,
          event.subject_version
"""
"""The next handoffs of each lane, up to one that waits for a person.

A handoff may have arrived if a worker died while sending it, or if any attempt ever ended with an
unknown outcome: that copy may still be on its way when a later one is refused.
"""


@dataclass(frozen=True, slots=True)
class ClaimedHandoff:
    """A handoff as it was when its lane was claimed."""

    position: int
    id: uuid.UUID
    state: str
    may_have_arrived: bool
    is_acknowledged: bool
    refusal_count: int
    message_id: str
    body: str
    event_type: str
    subject_type: str
    subject_id: uuid.UUID
    subject_number: str
    subject_version: int


@dataclass(frozen=True, slots=True)
class EligibleConnection:
    """A connection that may be used now and has due lanes, with how many of them at once."""

    target: Target
    at_once: int


def claim(slots: int) -> list[LaneBatch]:
    """Lease due lanes: an even share of the slots for every eligible connection, or one lane."""
    with transaction.atomic():
        connections = _eligible_connections()
        if not connections:
            return []
        leases = _lease(list(connections.values()), slots)
        claimed = _claim_handoffs([lane_id for lane_id, _, _ in leases])
    now = time.monotonic()
    batches = []
    for lane_id, token, connection_id in leases:
        target = connections[connection_id].target
        handoffs = [_in_flight(each, target) for each in claimed[lane_id]]
        last_start = now + sending_window(target.deadline)
        batches.append(LaneBatch(lane_id, token, target, handoffs, last_start))
    return batches


def lease_seconds(deadline: float) -> float:
    """Return the length of a lease."""
    return max(LEASE_SECONDS, 3 * deadline + LEASE_MARGIN)


def sending_window(deadline: float) -> float:
    """Return the part of a lease in which requests may start.

    After it a slow answer, a look-up and storing the result must still fit.
    """
    return lease_seconds(deadline) - 2 * deadline - LEASE_MARGIN


def _eligible_connections() -> dict[uuid.UUID, EligibleConnection]:
    rows = query_prepared(ELIGIBLE_CONNECTIONS)
    return {row[0]: _read_connection(*row) for row in rows}


def _read_connection(
    pk: uuid.UUID,
    kind: str,
    name: str,
    url: str,
    deadline: int,
    gives_references: bool,
    answers_look_ups: bool,
    skips_refused: bool,
    at_once: int,
    ciphertexts: list[bytes],
) -> EligibleConnection:
    target = Target(
        connection_id=pk,
        kind=kind,
        name=name,
        url=url,
        ciphertexts=tuple(ciphertexts),
        deadline=deadline,
        gives_references=gives_references,
        answers_look_ups=answers_look_ups,
        skips_refused=skips_refused,
    )
    return EligibleConnection(target, at_once)


def _lease(
    connections: Sequence[EligibleConnection], slots: int
) -> list[tuple[uuid.UUID, uuid.UUID, uuid.UUID]]:
    parameters: dict[str, Any] = {
        "connections": [each.target.connection_id for each in connections],
        "at_once": [each.at_once for each in connections],
        "seconds": [lease_seconds(each.target.deadline) for each in connections],
        "share": max(0, -(-slots // len(connections))),
    }
    leases: list[tuple[uuid.UUID, uuid.UUID, uuid.UUID]]
    leases = query_prepared(CLAIM_LANES, parameters)
    return leases


def _claim_handoffs(lane_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[ClaimedHandoff]]:
    """Mark the next handoffs of each lane as being sent, and return them in their order."""
    by_lane: defaultdict[uuid.UUID, list[ClaimedHandoff]] = defaultdict(list)
    if not lane_ids:
        return by_lane
    parameters = {"lanes": list(lane_ids), "most": HANDOFFS_PER_BATCH}
    for lane_id, *values in query_prepared(CLAIM_HANDOFFS, parameters):
        by_lane[lane_id].append(ClaimedHandoff(*values))
    for handoffs in by_lane.values():
        handoffs.sort(key=lambda each: each.position)
    return by_lane


def _in_flight(claimed: ClaimedHandoff, target: Target) -> InFlightHandoff:
    route = ROUTES.get(claimed.event_type)  # none for a type that is no longer sent
    opens_record = route is not None and route.opens_record
    handoff = InFlightHandoff(
        handoff_id=claimed.id,
        message=Message(
            id=claimed.message_id,
            body=claimed.body,
            needs_reference=opens_record and target.gives_references,
        ),
        must_find=claimed.may_have_arrived,
        is_acknowledged=claimed.is_acknowledged,
        refusal_count=claimed.refusal_count,
        record=Record(claimed.subject_type, claimed.subject_id, claimed.subject_number),
        version=claimed.subject_version,
    )
    if claimed.state == Handoff.State.SENDING:
        handoff.abandoned.append(_abandoned())
    return handoff


def _abandoned() -> AttemptResult:
    now = timezone.now()
    error = OutcomeUnknown(_("The worker that was sending it stored no result."))
    return AttemptResult(Attempt.Verb.PUSH, error.outcome, now, now, error=error)
