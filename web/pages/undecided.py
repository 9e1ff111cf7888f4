"""Reports that wait for a person: messages that were not applied, and values that differ."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from django.utils.translation import gettext

from crm.models import User
from fulfilment.models import Discrepancy, InboundMessage
from sales.models import Invoice, Order
from web.chips.handoffs import discrepancy_chip, message_chip
from web.display import When
from web.pages.cards import Card, CardRow
from web.record_urls import record_url

SHOWN = 20

Owners = Mapping[uuid.UUID | None, str]
"""Who owns each document."""


def undecided_card(
    messages: Iterable[InboundMessage], discrepancies: Iterable[Discrepancy], owners: Owners
) -> Card | None:
    """List what waits, the newest first; nothing if nothing does."""
    waiting = [each for each in messages if each.is_open]
    differing = [each for each in discrepancies if each.resolved_at is None]
    if not waiting and not differing:
        return None
    rows = [
        *(_message_row(each, owners) for each in waiting),
        *(_discrepancy_row(each, owners) for each in differing),
    ]
    return Card(title=gettext("Reports that need a person"), id="undecided", rows=rows)


def undecided_among(user: User) -> Card | None:
    """List what waits about documents that the user may see; four statements."""
    waiting = InboundMessage.objects.visible_to(user).open().select_related("connection")
    messages = list(waiting.order_by("-id")[:SHOWN])
    differing = Discrepancy.objects.visible_to(user).open().select_related("connection")
    discrepancies = list(differing.order_by("-id")[:SHOWN])
    keys = {each.root_id for each in messages} | {each.record_id for each in discrepancies}
    return undecided_card(messages, discrepancies, owners_of(keys))


def owners_of(keys: Iterable[uuid.UUID | None]) -> dict[uuid.UUID | None, str]:
    """Return who owns these orders and invoices; two statements."""
    wanted = [key for key in keys if key is not None]
    found: dict[uuid.UUID | None, str] = {}
    for model in (Order, Invoice):
        owned = model._default_manager.filter(pk__in=wanted).select_related("owner")
        found |= {each.pk: str(each.owner) for each in owned}
    return found


def _message_row(message: InboundMessage, owners: Owners) -> CardRow:
    parts = (message.subject, message.part, str(message.connection), owners.get(message.root_id))
    return CardRow(
        title=message.display_detail or str(message),
        url=record_url(message),
        detail=" · ".join(filter(None, parts)),
        chip=message_chip(message),
        when=When.of(message.received_at),
    )


def _discrepancy_row(found: Discrepancy, owners: Owners) -> CardRow:
    return CardRow(
        title=compared(found),
        url=record_url(found),
        detail=" · ".join(
            filter(
                None,
                (
                    found.record_number,
                    found.part,
                    str(found.connection),
                    owners.get(found.record_id),
                ),
            )
        ),
        chip=discrepancy_chip(found),
        when=When.of(found.opened_at),
    )


def compared(found: Discrepancy) -> str:
    """Write both values, and by how much they differ."""
    values = {
        "about": found.about or found.field or found.record_number,
        "ours": found.display_ours or "–",
        "theirs": found.theirs,
        "connection": found.connection,
        "difference": found.difference,
    }
    if found.difference:
        text = gettext("%(about)s: ours %(ours)s, %(connection)s %(theirs)s (%(difference)s)")
    else:
        text = gettext("%(about)s: ours %(ours)s, %(connection)s %(theirs)s")
    return text % values
