"""Reports that wait for a person: messages that were not applied, and values that differ."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext

from crm.models import User
from fulfilment.models import Discrepancy, InboundMessage
from web.pages.cards import Card
from web.pages.discrepancies import discrepancy_row
from web.pages.inbound_messages import message_row
from web.pages.report_documents import Owners, owners_of

SHOWN = 20


def open_reports_card(
    messages: Iterable[InboundMessage], discrepancies: Iterable[Discrepancy], owners: Owners
) -> Card | None:
    """List what waits, the newest first; nothing if nothing does."""
    waiting = [each for each in messages if each.is_open]
    differing = [each for each in discrepancies if each.resolved_at is None]
    if not waiting and not differing:
        return None
    rows = [
        *(message_row(each, owners) for each in waiting),
        *(discrepancy_row(each, owners) for each in differing),
    ]
    return Card(title=gettext("Reports that need a person"), id="undecided", rows=rows)


def open_reports_among(user: User) -> Card | None:
    """List what waits about documents that the user may see; four statements."""
    waiting = InboundMessage.objects.visible_to(user).open().select_related("connection")
    messages = list(waiting.order_by("-id")[:SHOWN])
    differing = Discrepancy.objects.visible_to(user).open().select_related("connection")
    discrepancies = list(differing.order_by("-id")[:SHOWN])
    keys = {each.root_id for each in messages} | {each.record_id for each in discrepancies}
    return open_reports_card(messages, discrepancies, owners_of(keys))
