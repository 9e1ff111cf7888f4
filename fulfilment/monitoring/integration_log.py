"""What happened to a document outside the house, in plain words, oldest first.

The number of statements is the same for a short story and a long one.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.utils.translation import gettext, ngettext

from common.formatting import format_moment
from fulfilment.models import Attempt, Discrepancy, Handoff, InboundMessage
from sales.models import AnyDocument, Invoice, Order

Outcome = Attempt.Outcome
State = Handoff.State
Result = InboundMessage.Result
Tone = Literal["good", "info", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One sentence of the story; ``times`` when the same thing happened in a row."""

    at: dt.datetime
    text: str
    tone: Tone
    who: str
    icon: str
    times: int = 1

    def __str__(self) -> str:
        if self.times == 1:
            return self.text
        often = ngettext("%(count)d time", "%(count)d times", self.times) % {"count": self.times}
        return f"{self.text} ({often})"


def entries_for(
    document: AnyDocument,
    handoffs: Iterable[Handoff] | None = None,
    invoices: Iterable[Invoice] | None = None,
) -> list[Entry]:
    """List what passed between a document, its invoices and the external systems.

    Who has read the document's handoffs ``with_attempts``, or an order's invoices, passes them.
    """
    if handoffs is None:
        handoffs = Handoff.objects.about(document).with_attempts().order_by("id")
    keys = _keys(document, invoices)
    messages = InboundMessage.objects.filter(root_id__in=keys).select_related("connection")
    differences = Discrepancy.objects.filter(record_id__in=keys).select_related("connection")
    entries = [
        *(entry for handoff in handoffs for entry in _of_handoff(handoff)),
        *(_of_message(message) for message in messages),
        *(entry for difference in differences for entry in _of_difference(difference)),
    ]
    return sorted(entries, key=lambda entry: entry.at)


def _keys(document: AnyDocument, invoices: Iterable[Invoice] | None) -> list[uuid.UUID]:
    """Return the ids of a document and, for an order, of its invoices."""
    if not isinstance(document, Order):
        return [document.pk]
    if invoices is None:
        invoices = Invoice.objects.filter(order=document).only("pk")
    return [document.pk, *(invoice.pk for invoice in invoices)]


def _attempts(handoff: Any) -> list[Attempt]:
    """Return the attempts that were read along with a handoff, oldest first."""
    return [
        Attempt(
            handoff=handoff,
            outcome=read["outcome"],
            detail=read["detail"],
            finished_at=dt.datetime.fromisoformat(read["finished_at"]),
        )
        for read in handoff.attempts_read
    ]


def _of_handoff(handoff: Handoff) -> Iterator[Entry]:
    attempts = _attempts(handoff)
    yield from _gather(_of_attempt(handoff, attempt) for attempt in attempts)
    who, what = handoff.lane.connection.name, str(handoff.event)
    words = {"who": who, "what": what, "why": handoff.resolution or handoff.cause}
    if handoff.state in {State.QUEUED, State.SENDING}:
        text = gettext("“%(what)s” waits to be sent to %(who)s.") % words
        yield Entry(handoff.created_at, text, "info", who, "clock")
    elif handoff.state == State.NEEDS_ATTENTION:
        text = gettext("“%(what)s” needs a person before %(who)s can have it.") % words
        yield Entry(_last_moment(handoff, attempts), text, "bad", who, "alert-triangle")
    elif handoff.state == State.SKIPPED:
        text = gettext("“%(what)s” was not sent to %(who)s: %(why)s") % words
        yield Entry(_last_moment(handoff, attempts), text, "info", who, "player-skip-forward")


def _last_moment(handoff: Handoff, attempts: Iterable[Attempt]) -> dt.datetime:
    return max((attempt.finished_at for attempt in attempts), default=handoff.created_at)


def _of_attempt(handoff: Handoff, attempt: Attempt) -> Entry:
    who = handoff.lane.connection.name
    words = {
        "who": who,
        "what": str(handoff.event),
        "reference": handoff.reference,
        "why": attempt.detail,
    }
    text, tone, icon = _said_of(attempt, words)
    return Entry(attempt.finished_at, text, tone, who, icon)


def _said_of(attempt: Attempt, words: dict[str, str]) -> tuple[str, Tone, str]:
    if attempt.outcome == Outcome.DONE:
        named = gettext("%(who)s took “%(what)s” as %(reference)s.")
        text = named if words["reference"] else gettext("%(who)s took “%(what)s”.")
        return text % words, "good", "check"
    if attempt.outcome == Outcome.FOUND:
        text = gettext("Looked “%(what)s” up at %(who)s: found %(reference)s and linked it.")
        return text % words, "good", "search"
    if attempt.outcome == Outcome.NOT_FOUND:
        return gettext("Looked “%(what)s” up at %(who)s: not there.") % words, "info", "search"
    if attempt.outcome == Outcome.REFUSED:
        return f"{words['what']}: {attempt.detail}", "bad", "x"
    return f"{words['what']}: {attempt.detail}", "warn", "refresh"


def _gather(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Make one entry of those that repeat in a row."""
    last: Entry | None = None
    for entry in entries:
        if last is not None and last.text == entry.text:
            last = replace(entry, times=last.times + 1)
            continue
        if last is not None:
            yield last
        last = entry
    if last is not None:
        yield last


def _of_message(message: InboundMessage) -> Entry:
    who = message.connection.name
    at, text = message.received_at, _news(message, who)
    if message.result == Result.STALE:
        noted = gettext("A late report, only noted.")
        return Entry(at, f"{text} {noted}", "info", who, "clock")
    text = f"{text} {message.detail}".strip()
    if message.result in {Result.CONFLICT, Result.QUARANTINED}:
        return Entry(at, text, "bad", who, "alert-triangle")
    return Entry(at, text, "warn" if message.detail else "good", who, "inbox")


def _news(message: InboundMessage, who: str) -> str:
    data: dict[str, Any] = message.body.get("data", {})
    words = {"who": who, "subject": message.subject, "status": data.get("status", "")}
    if message.type == "warehouse.order.status":
        return gettext("%(who)s says %(subject)s is %(status)s.") % words
    if message.type == "warehouse.shipment.reported":
        words |= {"shipment": data.get("shipment_ref", ""), "way": _way(data)}
        return gettext("%(who)s says %(shipment)s is %(status)s%(way)s.") % words
    words |= {"number": data.get("official_number", "")}
    if message.type == "erp.invoice.posted":
        return gettext("%(who)s posted %(subject)s as %(number)s.") % words
    money = data.get("amount", {})
    words |= {"amount": f"{money.get('amount', '')} {money.get('currency', '')}"}
    return gettext("%(who)s received %(amount)s for %(subject)s.") % words


def _way(data: dict[str, Any]) -> str:
    """Say by whom a shipment travels, if it was told."""
    way = " ".join(filter(None, (data.get("carrier"), data.get("tracking"))))
    return f" ({way})" if way else ""


def _of_difference(difference: Discrepancy) -> Iterator[Entry]:
    who = difference.connection.name
    words = {
        "kind": difference.get_kind_display(),
        "ours": difference.ours,
        "theirs": difference.theirs,
        "who": who,
    }
    text = gettext("%(kind)s: ours %(ours)s, %(who)s has %(theirs)s.") % words
    yield Entry(difference.opened_at, text, "bad", who, "scale")
    if difference.resolved_at is not None:
        yield Entry(difference.resolved_at, difference.resolution, "good", who, "check")


def as_line(entry: Entry) -> str:
    """Write an entry as one line of plain text."""
    return f"{format_moment(entry.at)}  {entry}"
