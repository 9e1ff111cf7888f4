"""Inbox with deduplication: an idempotent consumer that stores and applies a message once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from common.errors import DomainError
from fulfilment.connectors.base import Record
from fulfilment.inbound.effects import EFFECTS, DataConflict, Effect, UnknownDocument
from fulfilment.inbound.schemas import IncomingMessage, parse_message
from fulfilment.models import Connection, Handoff, InboundMessage, SyncState
from fulfilment.services.discrepancies import open_discrepancies
from sales.services.events import caused_by

Result = InboundMessage.Result

DEFERRED_FOR = dt.timedelta(hours=24)
"""How long a message waits for its document before it is quarantined."""

TRIES_AFTER_DEADLOCK = 3


class MessageChanged(DomainError):
    """A message with the same id and another body was received before."""

    code = "message_changed"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to the sender about one message."""

    id: str
    result: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class MessageResult:
    """The result of applying a message."""

    result: InboundMessage.Result
    detail: str = ""
    record: Record | None = None


def receive(connection: Connection, message: IncomingMessage) -> Receipt:
    """Store and apply a message, or repeat the answer to one that is known."""
    for remaining in reversed(range(TRIES_AFTER_DEADLOCK)):
        try:
            return _receive(connection, message)
        except OperationalError:
            if not remaining:
                raise
    raise AssertionError("unreachable")


@transaction.atomic
def _receive(connection: Connection, message: IncomingMessage) -> Receipt:
    stored, is_new = InboundMessage.objects.get_or_create(
        connection=connection,
        message_id=message.id,
        defaults={
            "digest": message.digest,
            "type": message.type,
            "subject": message.subject,
            "sequence": message.sequence,
            "body": message.body,
            "result": Result.DEFERRED,
            "give_up_at": timezone.now() + DEFERRED_FOR,
        },
    )
    if stored.digest != message.digest:
        raise MessageChanged(
            gettext("%(message)s was received before with another body.") % {"message": message.id}
        )
    if not is_new:
        earlier = gettext("%(result)s before.") % {"result": stored.get_result_display()}
        return Receipt(message.id, "duplicate", f"{earlier} {stored.detail}".strip())
    applied = _apply(connection, message)
    _store_result(stored, applied)
    return Receipt(message.id, applied.result, applied.detail)


def apply_again(stored: InboundMessage) -> MessageResult:
    """Apply a message that waited for its document; the caller has locked its row."""
    applied = _apply(stored.connection, parse_message(stored.body))
    if applied.result != Result.DEFERRED:
        _store_result(stored, applied)
    return applied


def _store_result(stored: InboundMessage, applied: MessageResult) -> None:
    stored.result = applied.result
    stored.detail = applied.detail[:500]
    stored.root_id = applied.record.id if applied.record else None
    stored.give_up_at = stored.give_up_at if applied.result == Result.DEFERRED else None
    stored.save(update_fields=["result", "detail", "root_id", "give_up_at"])


def _apply(connection: Connection, message: IncomingMessage) -> MessageResult:
    """Apply the effect of a message; a refusal rolls it back and becomes the result."""
    try:
        with transaction.atomic(), caused_by(message.id, _correlation(message)):
            effect = EFFECTS[message.type](connection, message)
            is_latest = _advance(connection, effect.record, message.sequence)
    except UnknownDocument:
        unknown = gettext("%(document)s is not known here yet.") % {"document": message.subject}
        return MessageResult(Result.DEFERRED, unknown)
    except DataConflict as error:
        open_discrepancies(error.discrepancies)
        record = error.discrepancies[0].record if error.discrepancies else None
        return MessageResult(Result.CONFLICT, str(error), record)
    except DomainError as error:
        return MessageResult(Result.CONFLICT, str(error))
    _confirm(connection, effect)
    is_stale = not effect.has_changed and not is_latest
    return MessageResult(Result.STALE if is_stale else Result.APPLIED, effect.detail, effect.record)


def _correlation(message: IncomingMessage) -> str:
    correlation = message.body.get("correlationid")
    return correlation[:80] if isinstance(correlation, str) else ""


def _advance(connection: Connection, record: Record, sequence: int) -> bool:
    """Store the latest sequence of the sender; returns whether this message is the latest."""
    state, is_new = SyncState.objects.select_for_update().get_or_create(
        connection=connection,
        record_type=record.type,
        record_id=record.id,
        defaults={"applied_sequence": sequence},
    )
    if is_new or sequence >= state.applied_sequence:
        state.applied_sequence = sequence
        state.save(update_fields=["applied_sequence", "updated_at"])
        return True
    return False


def _confirm(connection: Connection, effect: Effect) -> None:
    """Confirm the accepted handoffs of a document on which the connection reports."""
    Handoff.objects.filter(
        lane__connection=connection,
        event__subject_id=effect.record.id,
        state=Handoff.State.ACCEPTED,
    ).update(state=Handoff.State.CONFIRMED)
