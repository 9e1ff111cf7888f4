"""Transactional outbox, fan-out: writes an event's handoffs in the transaction of the event.

It takes two statements and those that read the snapshot, for one connection or a hundred. A supply
chain is sent its own field names, at eight statements more for each such connection, and one more.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection as database

from common.identifiers import uuid7
from common.read_cache import cached_read
from fulfilment.cloudevents import digest, envelope, message_id
from fulfilment.models import Connection
from fulfilment.routes import ROUTES, Route
from fulfilment.services.order_sync.document_pushes import DOCUMENTS
from fulfilment.services.order_sync.order_pushes import push_body
from fulfilment.services.wakeups import wake_workers_after_commit
from sales.models import AnyDocument, Order, SalesEvent
from sales.services.events import SENT_TO

LISTENERS = """
SELECT connection.id, payload_version, kind
FROM fulfilment_connection connection
JOIN sales_company company ON company.id = %(company)s
WHERE status <> 'disabled' AND code <> %(origin)s
  AND (companies = '{}' OR companies @> ARRAY[company.id])
  AND CASE WHEN %(sent_to)s = ''
    THEN event_types @> ARRAY[%(type)s]::varchar[] ELSE code = %(sent_to)s END
  AND (partner_id IS NULL OR status <> 'unverified' AND EXISTS (
       SELECT FROM crm_partner partner
       JOIN crm_partner_accounts granted ON granted.partner_id = partner.id
       WHERE partner.id = connection.partner_id AND partner.is_active
         AND granted.account_id = %(account)s
         AND partner.scopes @> ARRAY[%(subject_type)s || 's:read']::varchar[]))
  AND (company.shipped_by IN ('', code) OR %(subject_type)s <> 'order'
       OR NOT reports_as @> ARRAY['warehouse']::varchar[]
       OR EXISTS (SELECT FROM fulfilment_lane lane
                  WHERE lane.connection_id = connection.id AND lane.root_id = %(root_id)s))
"""
"""Connections that receive the event type of a company, except where the event came from.

An event that names its receiver is for that connection alone. The endpoint of a partner is sent
what the partner may read, and only of accounts that it was granted. A warehouse is not sent the
orders that another system ships; of one that it was sent before, it hears what becomes of it.
"""

QUEUE = """
WITH listener AS (
    SELECT * FROM unnest(%(connections)s::uuid[], %(payload_of)s::uuid[], %(lanes)s::uuid[],
                         %(handoffs)s::uuid[]) AS listener (connection_id, payload, lane, handoff)
), payload AS (
    INSERT INTO fulfilment_payload (id, event_id, version, connection_id, body, sha256)
    SELECT id, %(event)s, version, connection_id, body, sha256
    FROM unnest(%(payloads)s::uuid[], %(versions)s::int[], %(owners)s::uuid[], %(bodies)s::text[],
                %(digests)s::text[]) AS frozen (id, version, connection_id, body, sha256)
    RETURNING id
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
JOIN payload ON payload.id = listener.payload
"""
"""The lanes stay locked until the commit, so that positions follow the order of the commits."""


@dataclass(frozen=True, slots=True)
class FrozenPayload:
    """A body to store: in one payload version, or in the words of one connection."""

    id: uuid.UUID
    version: int
    owner: uuid.UUID | None
    body: str


def fan_out(event: SalesEvent, document: AnyDocument) -> None:
    """Queue an event for every connection that receives its type, with its body frozen now."""
    route = ROUTES.get(event.type)
    if route is None:
        return
    payloads = dict(_freeze(event, document, route, _listeners(event, document)))
    if not payloads:
        return
    with database.cursor() as cursor:
        cursor.execute(QUEUE, _parameters(event, payloads))
    wake_workers_after_commit()


def _freeze(
    event: SalesEvent,
    document: AnyDocument,
    route: Route,
    listeners: Sequence[tuple[uuid.UUID, int, str]],
) -> Iterator[tuple[uuid.UUID, FrozenPayload]]:
    """Write the body for each listener: once per payload version, or with its own field names."""
    shared: dict[int, FrozenPayload] = {}
    body = ""
    supply = [key for key, _version, kind in listeners if kind == Connection.Kind.SUPPLY]
    connections = Connection.objects.in_bulk(supply)
    for key, version, _kind in listeners:
        if key in connections:
            own = _own_content(connections[key], event, document)
            if own is not None:
                yield key, FrozenPayload(uuid7(), version, key, envelope(event, own))
            continue
        body = body or envelope(event, {**event.data, **route.payload(document)})
        if version not in shared:
            shared[version] = FrozenPayload(uuid7(), version, None, body)
        yield key, shared[version]


def _own_content(
    connection: Connection, event: SalesEvent, document: AnyDocument
) -> dict[str, Any] | None:
    """Return the data of an event in the words of a connection; None for what it is not sent."""
    if write := DOCUMENTS.get(event.type):
        return write(connection, event, document)
    if not isinstance(document, Order):
        return None
    return {**event.data, **push_body(connection, event, document)}


def _listeners(event: SalesEvent, document: AnyDocument) -> list[tuple[uuid.UUID, int, str]]:
    """Return the connections that receive an event, each with its payload version and kind."""
    is_new = event.subject_version == 1 and event.root_id == event.subject_id
    return _find_listeners(
        type=event.type,
        origin=event.origin,
        company=document.company_id,
        account=document.account_id,
        subject_type=event.subject_type,
        root_id=None if is_new else event.root_id,  # what is new was sent to nobody before
        sent_to=event.data.get(SENT_TO, ""),
    )


@cached_read
def _find_listeners(**known: str | uuid.UUID | None) -> list[tuple[uuid.UUID, int, str]]:
    with database.cursor() as cursor:
        cursor.execute(LISTENERS, known)
        return list(cursor.fetchall())


def _parameters(event: SalesEvent, payloads: Mapping[uuid.UUID, FrozenPayload]) -> dict[str, Any]:
    """Return the values of the rows to insert; a body is stored once for all that share it."""
    frozen = list({each.id: each for each in payloads.values()}.values())
    return {
        "event": event.pk,
        "message_id": message_id(event),
        "root_type": event.root_type,
        "root_id": event.root_id,
        "connections": list(payloads),
        "payload_of": [each.id for each in payloads.values()],
        "lanes": [uuid7() for _ in payloads],
        "handoffs": [uuid7() for _ in payloads],
        "payloads": [each.id for each in frozen],
        "versions": [each.version for each in frozen],
        "owners": [each.owner for each in frozen],
        "bodies": [each.body for each in frozen],
        "digests": [digest(each.body) for each in frozen],
    }
