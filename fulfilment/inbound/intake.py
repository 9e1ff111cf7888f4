"""Taking messages in: each is remembered and applied in one transaction, once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import OperationalError, transaction
from django.utils import timezone

from common.errors import DomainError
from fulfilment.connectors.base import Record
from fulfilment.inbound.effects import EFFECTS, Disagreement, Effect, UnknownDocument
from fulfilment.inbound.schemas import IncomingMessage, parse_message
from fulfilment.models import Connection, Handoff, InboundMessage, SyncState
from fulfilment.services.discrepancies import open_discrepancies
from sales.services.events import caused_by

Result = InboundMessage.Result

GIVE_UP_AFTER = dt.timedelta(hours=24)
"""How long a message waits for the document it is about."""

TRIES_AFTER_DEADLOCK = 3


class MessageChanged(DomainError):
    """The same id came before with another body."""

    code = "message_changed"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is told of one message."""

    id: str
    result: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of a message."""

    result: InboundMessage.Result
    detail: str = ""
    record: Record | None = None


def receive(connection: Connection, message: IncomingMessage) -> Receipt:
    """Take a message in, or repeat what was answered to one that is known."""
    for remaining in reversed(range(TRIES_AFTER_DEADLOCK)):
        try:
            return _receive(connection, message)
        except OperationalError:
            if not remaining:
                raise
    raise AssertionError("unreachable")


@transaction.atomic
def _receive(connection: Connection, message: IncomingMessage) -> Receipt:
    kept, is_new = InboundMessage.objects.get_or_create(
        connection=connection,
        message_id=message.id,
        defaults={
            "digest": message.digest,
            "type": message.type,
            "subject": message.subject,
            "sequence": message.sequence,
            "body": message.body,
            "result": Result.DEFERRED,
            "give_up_at": timezone.now() + GIVE_UP_AFTER,
        },
    )
    if kept.digest != message.digest:
        raise MessageChanged(f"{message.id} was received before with another body.")
    if not is_new:
        said = f"{kept.get_result_display()} before."
        return Receipt(message.id, "duplicate", f"{said} {kept.detail}".strip())
    finding = _apply(connection, message)
    _keep(kept, finding)
    return Receipt(message.id, finding.result, finding.detail)


def apply_again(kept: InboundMessage) -> Finding:
    """Apply a message that waited for its document; the caller holds its lock."""
    finding = _apply(kept.connection, parse_message(kept.body))
    if finding.result != Result.DEFERRED:
        _keep(kept, finding)
    return finding


def _keep(kept: InboundMessage, finding: Finding) -> None:
    kept.result = finding.result
    kept.detail = finding.detail[:500]
    kept.root_id = finding.record.id if finding.record else None
    kept.give_up_at = kept.give_up_at if finding.result == Result.DEFERRED else None
    kept.save(update_fields=["result", "detail", "root_id", "give_up_at"])


def _apply(connection: Connection, message: IncomingMessage) -> Finding:
    """Let the message have its effect, or find out why it cannot have any."""
    try:
        with transaction.atomic(), caused_by(message.id, _correlation(message)):
            effect = EFFECTS[message.type](connection, message)
            is_latest = _advance(connection, effect.record, message.sequence)
    except UnknownDocument:
        return Finding(Result.DEFERRED, f"{message.subject} is not known here yet.")
    except Disagreement as error:
        open_discrepancies(error.differences)
        record = error.differences[0].record if error.differences else None
        return Finding(Result.CONFLICT, str(error), record)
    except DomainError as error:
        return Finding(Result.CONFLICT, str(error))
    _confirm(connection, effect)
    is_stale = not effect.is_news and not is_latest
    return Finding(Result.STALE if is_stale else Result.APPLIED, effect.detail, effect.record)


def _correlation(message: IncomingMessage) -> str:
    correlation = message.body.get("correlationid")
    return correlation[:80] if isinstance(correlation, str) else ""


def _advance(connection: Connection, record: Record, sequence: int) -> bool:
    """Note how far the other side's count has come; says whether this message is the latest."""
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
    """A system that reports on a document has plainly taken what we sent of it."""
    Handoff.objects.filter(
        lane__connection=connection,
        event__subject_id=effect.record.id,
        state=Handoff.State.ACCEPTED,
    ).update(state=Handoff.State.CONFIRMED)
