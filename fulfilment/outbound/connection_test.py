"""Connection test, a health check on demand: sends a signed event without data."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping

import orjson
from django.utils import timezone

from fulfilment.cloudevents import TYPE_PREFIX, moment
from fulfilment.connectors import Message, Target, connect
from fulfilment.connectors.engine import AttemptResult, InFlightHandoff, deliver
from fulfilment.models import Connection
from fulfilment.services.targets import target_of


def send_test_message(connection: Connection) -> AttemptResult:
    """Send a signed test message at once and return its result."""
    about = {"source": f"/connections/{connection.pk}", "subject": connection.code}
    return send_now(target_of(connection), unrecorded_message("connection.tested", about, {}))


def send_now(target: Target, message: Message) -> AttemptResult:
    """Send a message at once and return its result; nothing is stored, and nothing retried."""
    handoff = InFlightHandoff(uuid.uuid4(), message)
    asyncio.run(_deliver(handoff, target))
    return handoff.results[0]


async def _deliver(handoff: InFlightHandoff, target: Target) -> None:
    connector = connect(target)
    try:
        await deliver(handoff, connector, target)
    finally:
        await connector.close()


def unrecorded_message(type_: str, about: Mapping[str, str], data: Mapping[str, object]) -> Message:
    """Make a message of something that is no event of a document."""
    now = moment(timezone.now())
    message_id = f"evt_{uuid.uuid4().hex}"
    body = {
        "specversion": "1.0",
        "id": message_id,
        **about,
        "type": TYPE_PREFIX + type_,
        "time": now,
        "timestamp": now,
        "datacontenttype": "application/json",
        "sequence": f"{0:020d}",
        "data": data,
    }
    return Message(message_id, orjson.dumps(body).decode())
