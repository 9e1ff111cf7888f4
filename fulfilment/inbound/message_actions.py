"""Actions on messages that wait: apply one again after mending, or set it aside."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, F, Func, Min, Model, QuerySet, TextField
from django.db.models.functions import Cast, Upper
from django.utils import timezone
from django.utils.translation import gettext

from common.errors import DomainError, IllegalTransition, MissingField
from common.stored_sentences import columns
from crm.actors import Actor
from fulfilment.dialects.supply import Code
from fulfilment.inbound.intake import MessageResult, apply_stored
from fulfilment.models import Connection, InboundMessage
from fulfilment.services.discrepancies import decision
from fulfilment.services.mappings import map_code, mapping_of, unmapped_code


def apply_again(message_id: uuid.UUID) -> InboundMessage:
    """Apply a message that waits, as when it came; refused if it is settled already."""
    stored = InboundMessage.objects.get(pk=message_id)
    if apply_stored(message_id, *InboundMessage.WAITING) is None:
        raise _settled(stored)
    stored.refresh_from_db()
    return stored


@transaction.atomic
def set_aside(message_id: uuid.UUID, *, actor: Actor, reason: str) -> InboundMessage:
    """Leave a message unapplied for good, and keep why."""
    if not reason.strip():
        raise MissingField(gettext("Give a reason: it is kept with the message."), field="reason")
    stored = InboundMessage.objects.select_for_update(of=("self",)).get(pk=message_id)
    check_waiting(stored)
    stored.resolved_at = timezone.now()
    decided = columns("resolution", decision(actor, reason), 300)
    for name, value in decided.items():
        setattr(stored, name, value)
    stored.save(update_fields=["resolved_at", *decided])
    return stored


def check_waiting(stored: InboundMessage) -> None:
    """Refuse to settle a message once more."""
    if not stored.is_waiting:
        raise _settled(stored)


def _settled(stored: InboundMessage) -> IllegalTransition:
    return IllegalTransition(
        gettext("%(message)s is settled, or being applied at this moment.") % {"message": stored}
    )


class CodeMapped(DomainError):
    """A code is mapped already, perhaps by somebody else meanwhile."""

    code = "code_mapped"


def map_waiting_code(connection: Connection, code: Code, record: Model) -> list[MessageResult]:
    """Map a code of theirs to a record of ours, and apply the messages that waited for it.

    Refused if it is mapped already: to another record it is mapped in the administration.
    """
    known = mapping_of(connection, code)
    if known is not None:
        raise CodeMapped(
            gettext(
                "%(mapping)s of %(connection)s is mapped already. Change that in the "
                "administration if it is wrong, or apply the message again."
            )
            % {"mapping": known, "connection": connection}
        )
    map_code(connection, code, record)
    return apply_waiting(connection, code)


def apply_waiting(connection: Connection, code: Code) -> list[MessageResult]:
    """Apply the messages that wait for a code of theirs.

    The newest message of each document is applied first, so that the older ones change nothing.
    """
    open_ones = InboundMessage.objects.open().filter(connection=connection)
    waiting = open_ones.waiting_for_code(unmapped_code(code))
    newest_first = list(waiting.order_by("-sequence", "-id").values_list("pk", flat=True))
    applied = (apply_stored(key, InboundMessage.Result.QUARANTINED) for key in newest_first)
    return [result for result in applied if result is not None]


@dataclass(frozen=True, slots=True)
class WaitingCode:
    """A code of theirs that is not mapped, and what waits for it."""

    connection: str
    kind: str
    their_code: str
    documents: int
    message_id: uuid.UUID
    """One of the messages, as an example."""


def waiting_codes(messages: QuerySet[InboundMessage]) -> list[WaitingCode]:
    """Return the codes that messages wait for, those of the most documents first; one statement.

    A code is one row in whatever capitals, and is shown as one of its messages writes it.
    """
    codes = messages.order_by().annotate(code=Upper(_Unnested(F("unmapped"))))
    rows = (
        codes.values_list("connection__name", "code")
        .annotate(
            documents=Count("subject", distinct=True),
            example=Min(Cast("pk", TextField())),
            written=Min("unmapped"),
        )
        .order_by("-documents", "code", "connection__name")
    )
    return [_waiting_code(*row) for row in rows]


def _waiting_code(
    connection: str, code: str, documents: int, example: str, written: list[str]
) -> WaitingCode:
    as_written = next(each for each in written if each.upper() == code.upper())
    kind, _colon, their_code = as_written.partition(":")
    return WaitingCode(connection, kind, their_code, documents, uuid.UUID(example))


class _Unnested(Func):
    """One row for each element of an array."""

    function = "unnest"
    output_field = TextField()
    set_returning = True
