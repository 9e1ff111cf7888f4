"""Integration cards of a document: handoffs, what is undecided, sync status, integration log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from crm.models import User
from fulfilment.models import Handoff
from fulfilment.monitoring.integration_log import Entry, read_exchange
from fulfilment.monitoring.waiting import wait_of
from sales.models import AnyDocument, Invoice, Order
from web.chips.handoffs import handoff_chip, sync_chip
from web.display import TONE_CLASS, Chip, When
from web.pages.cards import Card, CardRow, icon_mark
from web.pages.open_reports import open_reports_card
from web.pages.report_documents import DocumentKey
from web.pages.sync import not_shared, read_sync_states, sync_card

SHOWN = 12


@dataclass(frozen=True, slots=True)
class IntegrationLog:
    """The integration log of a document, newest first; all but the last entries folded away."""

    newest: Sequence[CardRow]
    earlier: Sequence[CardRow]
    earlier_label: str


@dataclass(frozen=True, slots=True)
class Integration:
    """A document's handoffs, what they add up to, and what came of them."""

    sync: Chip | None
    sync_card: Card | None
    """What other systems hold of it, if both sides edit it."""
    handoffs: Card
    undecided: Card | None
    log: IntegrationLog


def build_integration(
    document: AnyDocument, user: User, invoices: Iterable[Invoice] | None = None
) -> Integration:
    """Read a document's handoffs and integration log; three statements.

    One more reads what other systems hold of an order, one which there are if none holds it, and
    one its invoices if they are not given.
    """
    exchange = read_exchange(document, invoices)
    owner = str(document.owner)
    keys: set[DocumentKey] = {each.root_id or each.subject for each in exchange.messages}
    keys |= {each.record_id for each in exchange.discrepancies}
    undecided = open_reports_card(
        exchange.messages, exchange.discrepancies, dict.fromkeys(keys, owner), user
    )
    held = read_sync_states(document)
    states = (handoff.state for handoff in exchange.handoffs)
    return Integration(
        sync=sync_chip(
            states,
            held,
            is_undecided=exchange.is_undecided_beside({each.connection_id for each in held}),
            not_shared=not_shared(document) if isinstance(document, Order) and not held else "",
        ),
        sync_card=sync_card(
            document, held, exchange.conflicts, may_compare=user.has_perm("sales.change_order")
        ),
        handoffs=_handoffs_card(exchange.handoffs),
        undecided=undecided,
        log=_log(exchange.entries),
    )


def _handoffs_card(handoffs: Sequence[Handoff]) -> Card:
    return Card(
        title=gettext("Handoffs"),
        id="handoffs",
        rows=[_handoff_row(handoff) for handoff in handoffs[::-1][:SHOWN]],
        empty=gettext("No external system receives this document's events."),
    )


def _handoff_row(handoff: Handoff) -> CardRow:
    wait = str(wait_of(handoff) or "")
    parts = (str(handoff.lane.connection), handoff.reference, handoff.display_cause, wait)
    return CardRow(
        title=handoff.event.get_type_display(),
        url=reverse("fulfilment:handoff-detail", args=[handoff.pk]),
        detail=" · ".join(filter(None, parts)),
        chip=handoff_chip(handoff),
        when=When.of(handoff.created_at),
    )


def _log(entries: Sequence[Entry]) -> IntegrationLog:
    rows = [
        CardRow(
            mark=icon_mark(entry.icon, TONE_CLASS[entry.tone]),
            title=str(entry),
            when=When.exactly(entry.at),
        )
        for entry in reversed(entries)
    ]
    count = max(len(rows) - SHOWN, 0)
    label = ngettext("%(count)d earlier entry", "%(count)d earlier entries", count)
    return IntegrationLog(rows[:SHOWN], rows[SHOWN:], label % {"count": count})
