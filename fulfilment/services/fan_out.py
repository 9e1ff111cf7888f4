"""Writing each event's handoffs, in the transaction that makes the event true.

The number of statements is the same for one connection or a hundred.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection as database

from common.identifiers import uuid7
from fulfilment.models import Connection, Handoff, Payload
from fulfilment.routes import ROUTES, Route
from fulfilment.services.nudges import nudge_after_commit
from fulfilment.wire import digest, envelope, message_id
from sales.models import SalesEvent
from sales.services.events import AnyDocument

TAKE_PLACES = """
INSERT INTO fulfilment_lane
    (id, connection_id, root_type, root_id,
     last_position, pending, due_at, is_blocked, acked_version)
SELECT place.id, place.connection_id, %(root_type)s, %(root_id)s,
       1, 1, clock_timestamp(), false, 0
FROM unnest(%(ids)s::uuid[], %(connections)s::uuid[]) AS place (id, connection_id)
ORDER BY place.connection_id
ON CONFLICT (connection_id, root_id) DO UPDATE SET
    last_position = fulfilment_lane.last_position + 1,
    pending = fulfilment_lane.pending + 1,
    due_at = CASE
        WHEN fulfilment_lane.pending = 0 AND fulfilment_lane.lease_token IS NULL
        THEN clock_timestamp() ELSE fulfilment_lane.due_at END
RETURNING id, connection_id, last_position
"""
"""Every lane is locked from here to the commit, so positions follow the order of the commits."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a handoff stands: its lane and its turn in it."""

    lane_id: uuid.UUID
    connection_id: uuid.UUID
    position: int


def fan_out(event: SalesEvent, document: AnyDocument) -> None:
    """Queue an event for every connection that wants it, with its body frozen as it is now."""
    route = ROUTES.get(event.type)
    if route is None:
        return
    connections = _listening(event)
    if not connections:
        return
    payloads = _freeze(event, document, route, {c.payload_version for c in connections})
    version_of = {c.pk: c.payload_version for c in connections}
    Handoff.objects.bulk_create(
        Handoff(
            lane_id=place.lane_id,
            position=place.position,
            event=event,
            payload=payloads[version_of[place.connection_id]],
            message_id=message_id(event),
        )
        for place in _take_places(event, connections)
    )
    nudge_after_commit()


def _listening(event: SalesEvent) -> list[Connection]:
    """List who is to be told; whoever told us knows already."""
    wanting = Connection.objects.filter(event_types__contains=[event.type])
    return list(
        wanting.exclude(status=Connection.Status.DISABLED)
        .exclude(code=event.origin)
        .only("pk", "payload_version")
    )


def _freeze(
    event: SalesEvent, document: AnyDocument, route: Route, versions: set[int]
) -> dict[int, Payload]:
    """Write the body down once per payload version; every attempt sends these very bytes."""
    body = envelope(event, {**event.data, **route.payload(document)})
    payloads = [
        Payload(event=event, version=version, body=body, sha256=digest(body))
        for version in sorted(versions)
    ]
    return {payload.version: payload for payload in Payload.objects.bulk_create(payloads)}


def _take_places(event: SalesEvent, connections: Sequence[Connection]) -> list[Place]:
    parameters: dict[str, Any] = {
        "root_type": event.root_type,
        "root_id": event.root_id,
        "ids": [uuid7() for _ in connections],
        "connections": [connection.pk for connection in connections],
    }
    with database.cursor() as cursor:
        cursor.execute(TAKE_PLACES, parameters)
        return [Place(*row) for row in cursor.fetchall()]
