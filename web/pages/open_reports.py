"""Reports that wait for a person: messages that were not applied, and values that differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlencode

from django.utils.translation import gettext

from crm.models import User
from fulfilment.models import Discrepancy, InboundMessage
from web.pages.cards import Card, CardRow
from web.pages.discrepancies import discrepancy_row
from web.pages.inbound_messages import message_row
from web.pages.report_documents import DocumentKey, Owners, owners_of

SHOWN = 20
"""Messages, and values that differ, that the list shows at first: so many of each."""

ALL, MOST = "all", 1000
"""The word in the URL that shows the others too, and how many of each it shows at most."""


def open_reports_card(
    messages: Iterable[InboundMessage],
    discrepancies: Iterable[Discrepancy],
    owners: Owners,
    user: User,
) -> Card | None:
    """List what waits, the newest first; nothing if nothing does."""
    waiting = [each for each in messages if each.is_waiting]
    differing = [each for each in discrepancies if each.resolved_at is None]
    if not waiting and not differing:
        return None
    rows = [
        *(message_row(each, owners, user) for each in waiting),
        *(discrepancy_row(each, owners, user) for each in differing),
    ]
    return Card(title=gettext("Reports that need a person"), id="undecided", rows=rows)


def open_reports_among(user: User, connection: str = "", *, shows_all: bool = False) -> Card | None:
    """List what waits about documents that the user may see; four statements.

    With the code of a connection only what that reported.
    """
    waiting = InboundMessage.objects.visible_to(user).waiting().select_related("connection")
    differing = Discrepancy.objects.visible_to(user).open()
    differing = differing.select_related("connection", "report")
    if connection:
        waiting = waiting.filter(connection__code=connection)
        differing = differing.filter(connection__code=connection)
    shown = MOST if shows_all else SHOWN
    messages = list(waiting.order_by("-id")[: shown + 1])
    discrepancies = list(differing.order_by("-id")[: shown + 1])
    is_cut = max(len(messages), len(discrepancies)) > shown
    messages, discrepancies = messages[:shown], discrepancies[:shown]
    keys: set[DocumentKey] = {each.root_id or each.subject for each in messages}
    keys |= {each.record_id for each in discrepancies}
    card = open_reports_card(messages, discrepancies, owners_of(keys), user)
    if card is None or not is_cut:
        return card
    return replace(card, rows=[*card.rows, _rest(connection, shown, shows_all=shows_all)])


def _rest(connection: str, shown: int, *, shows_all: bool) -> CardRow:
    """Say that more waits than is shown, and lead to it."""
    newest = gettext("The newest %(count)d of each are shown") % {"count": shown}
    if shows_all:
        return CardRow(title=newest, detail=gettext("Choose a connection to see its own."))
    query = urlencode(
        {"connection": connection, "reports": ALL} if connection else {"reports": ALL}
    )
    return CardRow(title=gettext("Show all"), detail=newest, url=f"?{query}#undecided")
