"""Intake of what was read: an order read there is a message like one that was sent."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from common.errors import DomainError
from crm.actors import System
from crm.history import acting
from fulfilment.inbound.intake import Receipt, receive
from fulfilment.inbound.schemas import parse_message
from fulfilment.models import Connection, InboundMessage


def receive_read(connection: Connection, order: Mapping[str, Any], read_at: dt.datetime) -> Receipt:
    """Take an order in that was read there, by the ordinary way; it is kept as a message.

    One that does not match its schema is refused, and nothing is kept of it.
    """
    message_id = f"read_{uuid.uuid4().hex}"
    body = {
        "specversion": "1.0",
        "id": message_id,
        "source": f"/connections/{connection.code}/orders",
        "type": "supply.order.deleted" if order.get("deleted") else "supply.order.changed",
        "sequence": f"{0:020d}",
        "data": {"order": dict(order)},
    }
    try:
        message = replace(parse_message(body), read_at=read_at)
        with acting(System(connection.name, connection.code), message=message_id):
            return receive(connection, message)
    except DomainError as error:
        return Receipt(message_id, InboundMessage.Result.QUARANTINED, str(error))
