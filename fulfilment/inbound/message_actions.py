"""Actions on messages that wait: apply one again after mending, or set it aside."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext

from common.errors import IllegalTransition, MissingField
from common.stored_sentences import columns
from crm.actors import Actor
from fulfilment.dialects.supply import Code
from fulfilment.inbound.intake import MessageResult, apply_stored
from fulfilment.models import Connection, InboundMessage
from fulfilment.services.discrepancies import decision
from fulfilment.services.mappings import map_code, unmapped_code


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
    if not stored.is_waiting:
        raise _settled(stored)
    stored.resolved_at = timezone.now()
    decided = columns("resolution", decision(actor, reason), 300)
    for name, value in decided.items():
        setattr(stored, name, value)
    stored.save(update_fields=["resolved_at", *decided])
    return stored


def _settled(stored: InboundMessage) -> IllegalTransition:
    return IllegalTransition(
        gettext("%(message)s is settled, or being applied at this moment.") % {"message": stored}
    )


def map_waiting_code(connection: Connection, code: Code, record: Model) -> list[MessageResult]:
    """Map a code of theirs to a record of ours, and apply the messages that waited for it.

    The newest message of each document is applied first, so that the older ones change nothing.
    """
    map_code(connection, code, record)
    waiting = InboundMessage.objects.open().filter(
        connection=connection, unmapped__contains=[unmapped_code(code)]
    )
    newest_first = list(waiting.order_by("-sequence", "-id").values_list("pk", flat=True))
    applied = (apply_stored(key, InboundMessage.Result.QUARANTINED) for key in newest_first)
    return [result for result in applied if result is not None]
