"""Inbox with deduplication: an idempotent consumer that stores and applies a message once.

A message never stops the machine: whatever fails unexpectedly is recorded on its message, which
then waits for a person like any other that is refused.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from common.errors import DomainError
from common.sentences import Sentence
from common.sentences import sentence as _
from common.stored_sentences import columns, stored_text
from common.transactions import run_transaction
from crm.actors import System
from crm.history import acting
from fulfilment.connectors.base import Record
from fulfilment.inbound.documents import (
    DataConflict,
    Effect,
    UnknownDocument,
    find_record,
    for_sender,
    sentences,
)
from fulfilment.inbound.effects import EFFECTS
from fulfilment.inbound.permissions import NotForThisConnection, check_may_report
from fulfilment.inbound.schemas import IncomingMessage, parse_message
from fulfilment.inbound.stored_reports import columns_of
from fulfilment.models import Connection, Handoff, InboundMessage, SyncState
from fulfilment.services.discrepancies import (
    collecting_opened,
    open_discrepancies,
    rules_of_open,
    update_waiting_messages,
)
from fulfilment.services.mappings import NotMapped, unmapped_code
from sales.services.events import caused_by

log = logging.getLogger(__name__)

Result = InboundMessage.Result

DEFERRED_FOR = dt.timedelta(hours=24)
"""How long a message waits for its document before it is quarantined."""


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
    detail: str | Sentence = ""
    record: Record | None = None


def receive(connection: Connection, message: IncomingMessage) -> Receipt:
    """Store and apply a message, or repeat the answer to one that is known."""
    try:
        return run_transaction(partial(_receive, connection, message), runs_again=_any_failure)
    except (DomainError, OperationalError):
        raise
    except Exception as error:
        log.exception("Message %s of %s could not be applied.", message.id, connection.code)
        failure = _failed(error, connection, message)
        return run_transaction(partial(_receive, connection, message, failure))


def _any_failure(_error: Exception) -> bool:
    """Run again after a lost connection too: a message that was stored is found then."""
    return True


def _receive(
    connection: Connection, message: IncomingMessage, failure: MessageResult | None = None
) -> Receipt:
    """Store a message and apply it, unless that is known to fail."""
    stored, is_new = _store(connection, message)
    if stored.digest != message.digest:
        raise MessageChanged(
            gettext("%(message)s was received before with another body.") % {"message": message.id}
        )
    if not is_new:
        earlier = gettext("%(result)s before.") % {"result": stored.get_result_display()}
        detail = for_sender(stored_text(stored.detail, stored.detail_parameters))
        return Receipt(message.id, "duplicate", f"{earlier} {detail}".strip())
    applied = failure or _apply(stored, message)
    _store_result(stored, applied)
    return Receipt(message.id, applied.result, str(applied.detail))


def _store(connection: Connection, message: IncomingMessage) -> tuple[InboundMessage, bool]:
    """Store a message, or find the one with its id, whose transaction is waited for."""
    new = InboundMessage(
        connection=connection,
        message_id=message.id,
        result=Result.DEFERRED,
        give_up_at=timezone.now() + DEFERRED_FOR,
        **received_columns(message),
    )
    InboundMessage.objects.bulk_create([new], ignore_conflicts=True)
    same = InboundMessage.objects.filter(connection=connection, message_id=message.id)
    found = same.only("digest", "result", "detail", "detail_parameters").get()
    return (new, True) if found.pk == new.pk else (found, False)


def received_columns(message: IncomingMessage) -> dict[str, Any]:
    """Return what is stored of a message when it comes."""
    return {
        "digest": message.digest,
        "type": message.type,
        "subject": message.subject,
        "part": message.part,
        "sequence": message.sequence,
        "body": message.body,
        **columns_of(message),
    }


def apply_stored(key: uuid.UUID, *results: InboundMessage.Result) -> MessageResult | None:
    """Apply a stored message that has one of these results, as when it came.

    Returns None if another worker has locked it or settled it meanwhile.
    """
    try:
        return run_transaction(partial(_apply_stored, key, results))
    except OperationalError:
        raise
    except Exception as error:
        log.exception("Stored message %s could not be applied.", key)
        return run_transaction(partial(_apply_stored, key, results, _failed(error)))


def _apply_stored(
    key: uuid.UUID,
    results: tuple[InboundMessage.Result, ...],
    failure: MessageResult | None = None,
) -> MessageResult | None:
    stored = (
        InboundMessage.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("connection")
        .filter(pk=key, result__in=results, resolved_at__isnull=True)
        .first()
    )
    if stored is None:
        return None
    sender = stored.connection
    with acting(System(sender.name, sender.code), message=stored.message_id):
        applied = failure or _apply_body(stored)
        _store_result(stored, applied)
    return applied


def _apply_body(stored: InboundMessage) -> MessageResult:
    """Apply a stored message; one that matches its schema no more needs a person."""
    try:
        message = parse_message(stored.body)
    except DomainError as error:
        return MessageResult(Result.QUARANTINED, error.message)
    return _apply(stored, message)


def _failed(
    error: Exception,
    connection: Connection | None = None,
    message: IncomingMessage | None = None,
) -> MessageResult:
    """Name an unexpected error, and the document if it can be found; the traceback is logged."""
    detail = _(
        "An unexpected error (%(error)s) kept it from being applied; the log has the details. "
        "Apply it again once that is mended.",
        error=type(error).__name__,
    )
    record = _named(connection, message) if connection and message else None
    return MessageResult(Result.QUARANTINED, detail, record)


def _named(connection: Connection, message: IncomingMessage) -> Record | None:
    """Find the document that a message names, on whose page it is shown; None if there is none."""
    with suppress(UnknownDocument):
        return find_record(connection, message)
    return None


def _store_result(stored: InboundMessage, applied: MessageResult) -> None:
    waits = applied.result == Result.DEFERRED and stored.give_up_at is not None
    gave_up = applied.result == Result.DEFERRED and not waits
    stored.result = Result.QUARANTINED if gave_up else applied.result
    for name, value in columns("detail", applied.detail, 500).items():
        setattr(stored, name, value)
    stored.root_id = applied.record.id if applied.record else stored.root_id
    stored.give_up_at = stored.give_up_at if waits else None
    if waits or stored.result == Result.QUARANTINED:
        stored.tried_at = timezone.now()
    stored.save(
        update_fields=[
            *("result", "detail", "detail_parameters", "unmapped"),
            *("root_id", "give_up_at", "tried_at"),
        ]
    )
    if stored.root_id is not None and stored.result in InboundMessage.COUNTED:
        update_waiting_messages(stored.root_id)


def _apply(stored: InboundMessage, message: IncomingMessage) -> MessageResult:
    """Apply the effect of a message; a refusal rolls it back and becomes the result."""
    connection = stored.connection
    try:
        with (
            transaction.atomic(),
            caused_by(message.id, message.correlation),
            collecting_opened() as opened,
        ):
            found = replace(message, record=check_may_report(connection, message))
            effect = EFFECTS[message.type](connection, found)
            is_latest = _advance(connection, effect.record, message.sequence)
            is_latest |= message.read_at is not None
    except UnknownDocument:
        unknown = _("%(document)s is not known here yet.", document=message.subject)
        return MessageResult(Result.DEFERRED, unknown)
    except DataConflict as error:
        open_discrepancies(error.discrepancies)
        record = error.discrepancies[0].record if error.discrepancies else None
        return MessageResult(Result.CONFLICT, error.message, record)
    except NotForThisConnection as error:
        return MessageResult(Result.QUARANTINED, error.message, _named(connection, message))
    except NotMapped as error:
        stored.unmapped = [unmapped_code(code) for code in error.codes]
        return MessageResult(Result.QUARANTINED, error.message, _named(connection, message))
    except DomainError as error:
        return MessageResult(Result.QUARANTINED, error.message, _named(connection, message))
    stored.unmapped = []
    if not effect.is_passed_over:
        _confirm(stored, message, effect)
    detail = sentences(_sentences_of(effect.detail, rules_of_open(opened)))
    return MessageResult(_result(effect, is_latest=is_latest), detail, effect.record)


def _sentences_of(
    detail: str | Sentence, rules: Iterable[str | Sentence]
) -> Iterator[str | Sentence]:
    """List what an effect says, and what it opened that it does not name."""
    if detail:
        yield detail
    yield from (rule for rule in rules if str(rule) not in str(detail))


def _result(effect: Effect, *, is_latest: bool) -> InboundMessage.Result:
    if effect.is_conflict:
        return Result.CONFLICT
    if effect.is_passed_over:
        return Result.STALE
    return Result.APPLIED if effect.has_changed or is_latest else Result.STALE


def _advance(connection: Connection, record: Record, sequence: int) -> bool:
    """Store the latest sequence of the sender; returns whether this message is the latest."""
    states = SyncState.objects.filter(
        connection=connection, record_type=record.type, record_id=record.id
    )
    earlier = states.filter(applied_sequence__lte=sequence)
    later = {"applied_sequence": sequence, "updated_at": timezone.now()}
    if earlier.update(**later):
        return True
    _state, is_new = SyncState.objects.get_or_create(
        connection=connection,
        record_type=record.type,
        record_id=record.id,
        defaults={"applied_sequence": sequence},
    )
    return is_new or bool(earlier.update(**later))


def _confirm(stored: InboundMessage, message: IncomingMessage, effect: Effect) -> None:
    """Confirm the accepted handoffs of a document that the connection knows of.

    They are those up to the version that the message says it knows. One that says nothing cannot
    know what was accepted after it came, as while it was deferred.
    """
    known = Q(delivered_at__lte=stored.received_at)
    if message.knows is not None:
        known = Q(event__subject_version__lte=message.knows)
    Handoff.objects.filter(
        known,
        lane__connection=stored.connection_id,
        event__subject_id=effect.record.id,
        state=Handoff.State.ACCEPTED,
    ).update(state=Handoff.State.CONFIRMED)
