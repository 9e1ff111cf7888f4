"""Deferral: retries messages that came before their document, and quarantines them after a day."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext

from crm.actors import System
from crm.history import acting
from fulfilment.inbound.intake import MessageResult, apply_again
from fulfilment.models import InboundMessage
from sales.models import Invoice, Order

Result = InboundMessage.Result

BATCH = 100
SUGGESTIONS = 3
LAST_NUMBER = re.compile(r"\d+(?=\D*$)")


def retry_deferred() -> int:
    """Apply messages whose document exists now, and quarantine those that waited too long."""
    waiting = InboundMessage.objects.filter(result=Result.DEFERRED)
    arrived = waiting.filter(
        Exists(Order.objects.filter(number=OuterRef("subject")))
        | Exists(Invoice.objects.filter(number=OuterRef("subject")))
    )
    applied = _retry_each(arrived.order_by("id").values_list("pk", flat=True)[:BATCH])
    expired = waiting.filter(give_up_at__lt=timezone.now())
    for message in expired.order_by("id")[:BATCH]:
        _quarantine(message)
    return applied


def _retry_each(keys: Iterable[uuid.UUID]) -> int:
    return sum(_retry(key) for key in list(keys))


@transaction.atomic
def _retry(key: uuid.UUID) -> bool:
    """Apply one message, unless another worker has locked it."""
    stored = (
        InboundMessage.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("connection")
        .filter(pk=key, result=Result.DEFERRED)
        .first()
    )
    if stored is None:
        return False
    sender = stored.connection
    with acting(System(sender.name, sender.code), message=stored.message_id):
        result: MessageResult = apply_again(stored)
    return result.result != Result.DEFERRED


def _quarantine(message: InboundMessage) -> None:
    InboundMessage.objects.filter(pk=message.pk, result=Result.DEFERRED).update(
        result=Result.QUARANTINED,
        detail=_missing(message.subject),
        give_up_at=None,
    )


def _missing(subject: str) -> str:
    """Write that the document did not come, and which ones have a similar number."""
    missing = gettext("No document %(document)s was created in time.") % {"document": subject}
    similar = similar_numbers(subject)
    if not similar:
        return missing
    hint = gettext("Similar: %(numbers)s.") % {"numbers": ", ".join(similar)}
    return f"{missing} {hint}"


def similar_numbers(subject: str) -> list[str]:
    """List document numbers with the same ending: a wrong prefix is the usual mistake."""
    match = LAST_NUMBER.search(subject)
    if match is None:
        return []
    ending = f"{int(match.group()):05d}"
    found: list[str] = []
    for model in (Order, Invoice):
        numbers = model._default_manager.filter(number__endswith=f"-{ending}")
        found += [str(n) for n in numbers.order_by("-id").values_list("number", flat=True)[:3]]
    return found[:SUGGESTIONS]
