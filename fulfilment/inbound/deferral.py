"""Messages that came before their document, and what becomes of them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from crm.actors import System
from crm.history import acting
from fulfilment.inbound.intake import Finding, apply_again
from fulfilment.models import InboundMessage
from sales.models import Invoice, Order

Result = InboundMessage.Result

AT_ONCE = 100
SUGGESTIONS = 3
LAST_NUMBER = re.compile(r"\d+(?=\D*$)")


def retry_deferred() -> int:
    """Apply the messages whose document has come, and set aside those that waited too long."""
    waiting = InboundMessage.objects.filter(result=Result.DEFERRED)
    arrived = waiting.filter(
        Exists(Order.objects.filter(number=OuterRef("subject")))
        | Exists(Invoice.objects.filter(number=OuterRef("subject")))
    )
    applied = _each(arrived.order_by("id").values_list("pk", flat=True)[:AT_ONCE])
    expired = waiting.filter(give_up_at__lt=timezone.now())
    for message in expired.order_by("id")[:AT_ONCE]:
        _set_aside(message)
    return applied


def _each(keys: Iterable[uuid.UUID]) -> int:
    return sum(_retry(key) for key in list(keys))


@transaction.atomic
def _retry(key: uuid.UUID) -> bool:
    """Apply one message unless another worker is at it."""
    kept = (
        InboundMessage.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("connection")
        .filter(pk=key, result=Result.DEFERRED)
        .first()
    )
    if kept is None:
        return False
    sender = kept.connection
    with acting(System(sender.name, sender.code), message=kept.message_id):
        finding: Finding = apply_again(kept)
    return finding.result != Result.DEFERRED


def _set_aside(message: InboundMessage) -> None:
    similar = suggest(message.subject)
    hint = f" Similar: {', '.join(similar)}." if similar else ""
    InboundMessage.objects.filter(pk=message.pk, result=Result.DEFERRED).update(
        result=Result.QUARANTINED,
        detail=f"{message.subject} never came.{hint}",
        give_up_at=None,
    )


def suggest(subject: str) -> list[str]:
    """Name documents whose number ends like this one: a wrong prefix is the usual mistake."""
    match = LAST_NUMBER.search(subject)
    if match is None:
        return []
    ending = f"{int(match.group()):05d}"
    found: list[str] = []
    for model in (Order, Invoice):
        numbers = model._default_manager.filter(number__endswith=f"-{ending}")
        found += [str(n) for n in numbers.order_by("-id").values_list("number", flat=True)[:3]]
    return found[:SUGGESTIONS]
