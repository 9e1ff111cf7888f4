"""Deferral: retries messages that came before their document, and quarantines them after a day."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable, Iterator
from functools import partial

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from common.sentences import Sentence, joined
from common.sentences import sentence as _
from common.stored_sentences import columns
from fulfilment.inbound.documents import exists, has_arrived, not_created
from fulfilment.inbound.intake import apply_stored
from fulfilment.inbound.permissions import never_sent
from fulfilment.inbound.schemas import POSTED
from fulfilment.models import InboundMessage
from sales.models import SalesEvent
from sales.models.document_kinds import REPORTED_KINDS

log = logging.getLogger(__name__)

Result = InboundMessage.Result

BATCH = 100
SUGGESTIONS = 3
LAST_NUMBER = re.compile(r"\d+(?=\D*$)")


def retry_deferred() -> int:
    """Apply messages whose document exists now, and quarantine those that waited too long.

    A document of another system that its order refused is tried again once that has changed.
    """
    unresolved = InboundMessage.objects.filter(resolved_at__isnull=True)
    waiting = unresolved.filter(result=Result.DEFERRED)
    mended = Q(result=Result.QUARANTINED, type__in=POSTED) & (
        (Q(root_id__isnull=True) & has_arrived()) | Q(Exists(_changes_since()))
    )
    in_turn = unresolved.filter((Q(result=Result.DEFERRED) & has_arrived()) | mended)
    in_turn = in_turn.order_by(F("tried_at").asc(nulls_first=True), "id")
    keys = list(in_turn.values_list("pk", flat=True)[:BATCH])
    applied = sum(_on_its_own(key, partial(_retry, key)) for key in keys)
    expired = waiting.filter(give_up_at__lt=timezone.now())
    for message in expired.order_by("id")[:BATCH]:
        _on_its_own(message.pk, partial(_quarantine, message))
    return applied


def _changes_since() -> QuerySet[SalesEvent]:
    """Return what happened to the order of a message since that was applied in vain."""
    return SalesEvent.objects.filter(
        root_id=OuterRef("root_id"),
        occurred_at__gt=Coalesce(OuterRef("tried_at"), OuterRef("received_at")),
    )


def _on_its_own(key: uuid.UUID, step: Callable[[], bool]) -> bool:
    """Do one message's step; if it fails, the others get their turn, and it gets another one."""
    try:
        return step()
    except Exception:
        log.exception("Deferred message %s is tried again later.", key)
        return False


def _retry(key: uuid.UUID) -> bool:
    applied = apply_stored(key, Result.DEFERRED, Result.QUARANTINED)
    return applied is not None and applied.result != Result.DEFERRED


def _quarantine(message: InboundMessage) -> bool:
    waiting = InboundMessage.objects.filter(
        pk=message.pk, result=Result.DEFERRED, resolved_at__isnull=True
    )
    quarantined = waiting.update(
        result=Result.QUARANTINED,
        **columns("detail", _missing(message), 500),
        give_up_at=None,
    )
    return bool(quarantined)


def _missing(message: InboundMessage) -> str | Sentence:
    """Write that the document did not come; for people here, which ones it may be about."""
    return joined([not_created(message.subject), *_may_mean(message)])


def _may_mean(message: InboundMessage) -> Iterator[Sentence]:
    """Name a document that the connection was never sent, else those with a similar number."""
    if InboundMessage.objects.filter(exists(), pk=message.pk).exists():
        yield never_sent(message.connection, message.subject)
    elif similar := similar_numbers(message.subject):
        yield _("Similar: %(numbers)s.", numbers=", ".join(similar))


def similar_numbers(subject: str) -> list[str]:
    """List document numbers with the same ending: a wrong prefix is the usual mistake."""
    match = LAST_NUMBER.search(subject)
    if match is None:
        return []
    ending = f"{int(match.group()):05d}"
    found: list[str] = []
    for kind in REPORTED_KINDS:
        numbers = kind.model._default_manager.filter(number__endswith=f"-{ending}")
        found += [str(n) for n in numbers.order_by("-id").values_list("number", flat=True)[:3]]
    return found[:SUGGESTIONS]
