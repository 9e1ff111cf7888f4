"""Connection test, a health check on demand: sends a signed event without data."""

from __future__ import annotations

import asyncio
import uuid

import orjson
from django.utils import timezone

from fulfilment.cloudevents import TYPE_PREFIX, moment
from fulfilment.connectors import Message, Target, connect
from fulfilment.connectors.engine import AttemptResult, InFlightHandoff, deliver
from fulfilment.models import Connection
from fulfilment.services.targets import target_of


def send_test_message(connection: Connection) -> AttemptResult:
    """Send a signed test message at once and return its result."""
    handoff = InFlightHandoff(uuid.uuid4(), _test_message(connection))
    asyncio.run(_deliver(handoff, target_of(connection)))
    return handoff.results[0]


async def _deliver(handoff: InFlightHandoff, target: Target) -> None:
    connector = connect(target)
    try:
        await deliver(handoff, connector, target)
    finally:
        await connector.close()


def _test_message(connection: Connection) -> Message:
    now = moment(timezone.now())
    message_id = f"evt_{uuid.uuid4().hex}"
    body = {
        "specversion": "1.0",
        "id": message_id,
        "source": f"/connections/{connection.pk}",
        "type": f"{TYPE_PREFIX}connection.tested",
        "subject": connection.code,
        "time": now,
        "timestamp": now,
        "datacontenttype": "application/json",
        "sequence": f"{0:020d}",
        "data": {},
    }
    return Message(message_id, orjson.dumps(body).decode())
