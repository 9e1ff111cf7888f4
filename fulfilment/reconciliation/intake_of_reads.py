"""Intake of what was read: an order read there is a message like one that was sent."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.db import DatabaseError

from common.errors import DomainError
from crm.actors import System
from crm.history import acting
from fulfilment.inbound.intake import Receipt, apply_stored, receive
from fulfilment.inbound.new_orders import receive_new
from fulfilment.inbound.schemas import IncomingMessage, parse_message
from fulfilment.inbound.waiting_snapshots import find_waiting
from fulfilment.models import Connection, InboundMessage
from fulfilment.services.order_sync.new_remote_orders import KnownBefore


def receive_read(connection: Connection, order: Mapping[str, Any], read_at: dt.datetime) -> Receipt:
    """Take an order in that was read there, by the ordinary way; it is kept as a message.

    One that does not match its schema is refused, and nothing is kept of it. Where the same waits
    already, that is applied again, and no other is kept.
    """
    waiting = find_waiting(connection, order)
    if waiting is not None:
        return _again(waiting)
    message_id = f"read_{uuid.uuid4().hex}"
    try:
        message = as_message(connection, order, read_at, message_id)
        with acting(System(connection.name, connection.code), message=message_id):
            return receive(connection, message)
    except DomainError as error:
        return Receipt(message_id, InboundMessage.Result.QUARANTINED, str(error))


def _again(waiting: InboundMessage) -> Receipt:
    applied = apply_stored(waiting.pk, InboundMessage.Result.QUARANTINED)
    if applied is None:
        return Receipt(waiting.message_id, waiting.result, waiting.display_detail)
    return Receipt(waiting.message_id, applied.result, str(applied.detail))


def receive_new_reads(
    connection: Connection, orders: Iterable[Mapping[str, Any]], read_at: dt.datetime
) -> set[str]:
    """Take in at once what was read of new orders; returns their ids of those taken in.

    The others are left to ``receive_read``, which says of each what is wrong with it.
    """
    messages = []
    for order in orders:
        with suppress(DomainError):
            message_id = f"read_{uuid.uuid4().hex}"
            messages.append(as_message(connection, order, read_at, message_id))
    with acting(System(connection.name, connection.code)):
        return {message.data["order"]["id"] for message in _taken_in(connection, messages)}


def _taken_in(
    connection: Connection, messages: Sequence[IncomingMessage]
) -> Sequence[IncomingMessage]:
    """Take messages in at once; where that is refused, each half of them alone."""
    if not messages:
        return ()
    try:
        receive_new(connection, messages)
    except (DomainError, DatabaseError, KnownBefore):
        if len(messages) == 1:
            return ()
        middle = len(messages) // 2
        halves = messages[:middle], messages[middle:]
        return [message for half in halves for message in _taken_in(connection, half)]
    return messages


def as_message(
    connection: Connection, order: Mapping[str, Any], read_at: dt.datetime, message_id: str
) -> IncomingMessage:
    """Write an order that was read as a message; refused if it does not match its schema."""
    body = {
        "specversion": "1.0",
        "id": message_id,
        "source": f"/connections/{connection.code}/orders",
        "type": "supply.order.deleted" if order.get("deleted") else "supply.order.changed",
        "sequence": f"{0:020d}",
        "data": {"order": dict(order)},
    }
    return replace(parse_message(body), read_at=read_at)
