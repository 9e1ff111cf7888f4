"""Transactional outbox, fan-out: writes an event's handoffs in the transaction of the event.

It takes two statements and those that read the snapshot, for one connection or a hundred.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import connection as database

from common.identifiers import uuid7
from fulfilment.cloudevents import digest, envelope, message_id
from fulfilment.routes import ROUTES
from fulfilment.services.wakeups import wake_workers_after_commit
from sales.models import AnyDocument, SalesEvent

LISTENERS = """
SELECT id, payload_version FROM fulfilment_connection
WHERE event_types @> ARRAY[%(type)s]::varchar[] AND status <> 'disabled' AND code <> %(origin)s
"""
"""Connections that receive the event type, except the one that the event came from."""

QUEUE = """
WITH listener AS (
    SELECT * FROM unnest(%(connections)s::uuid[], %(versions)s::int[], %(lanes)s::uuid[],
                         %(handoffs)s::uuid[]) AS listener (connection_id, version, lane, handoff)
), payload AS (
    INSERT INTO fulfilment_payload (id, event_id, version, body, sha256)
    SELECT id, %(event)s, version, %(body)s, %(sha256)s
    FROM unnest(%(payloads)s::uuid[], %(payload_versions)s::int[]) AS frozen (id, version)
    RETURNING id, version
), queued_lane AS (
    INSERT INTO fulfilment_lane AS lane
        (id, connection_id, root_type, root_id,
         last_position, pending, due_at, is_blocked, acked_version)
    SELECT listener.lane, connection_id, %(root_type)s, %(root_id)s,
           1, 1, clock_timestamp(), false, 0
    FROM listener ORDER BY connection_id
    ON CONFLICT (connection_id, root_id) DO UPDATE SET
        last_position = lane.last_position + 1,
        pending = lane.pending + 1,
        due_at = CASE WHEN lane.pending = 0 AND lane.lease_token IS NULL
                      THEN clock_timestamp() ELSE lane.due_at END
    RETURNING id, connection_id, last_position
)
INSERT INTO fulfilment_handoff
    (id, lane_id, position, event_id, payload_id, message_id, state, refusal_count, is_acknowledged,
     holds_lane, reference, cause, resolution, created_at)
SELECT listener.handoff, queued_lane.id, queued_lane.last_position, %(event)s, payload.id,
       %(message_id)s, 'queued', 0, false, false, '', '', '', clock_timestamp()
FROM listener
JOIN queued_lane USING (connection_id)
JOIN payload USING (version)
"""
"""The lanes stay locked until the commit, so that positions follow the order of the commits."""


def fan_out(event: SalesEvent, document: AnyDocument) -> None:
    """Queue an event for every connection that receives its type, with its body frozen now."""
    route = ROUTES.get(event.type)
    if route is None:
        return
    versions = _listeners(event)
    if not versions:
        return
    body = envelope(event, {**event.data, **route.payload(document)})
    with database.cursor() as cursor:
        cursor.execute(QUEUE, _parameters(event, body, versions))
    wake_workers_after_commit()


def _listeners(event: SalesEvent) -> dict[uuid.UUID, int]:
    """Return the connections that receive an event, each with its payload version."""
    with database.cursor() as cursor:
        cursor.execute(LISTENERS, {"type": event.type, "origin": event.origin})
        return dict(cursor.fetchall())


def _parameters(event: SalesEvent, body: str, versions: Mapping[uuid.UUID, int]) -> dict[str, Any]:
    """Return the values of the rows to insert; the body is stored once per payload version."""
    distinct = sorted(set(versions.values()))
    return {
        "event": event.pk,
        "message_id": message_id(event),
        "root_type": event.root_type,
        "root_id": event.root_id,
        "body": body,
        "sha256": digest(body),
        "connections": list(versions),
        "versions": list(versions.values()),
        "lanes": [uuid7() for _ in versions],
        "handoffs": [uuid7() for _ in versions],
        "payloads": [uuid7() for _ in distinct],
        "payload_versions": distinct,
    }
