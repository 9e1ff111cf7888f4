"""Integration log of a document: what was sent, answered and received, oldest first.

The number of statements is the same for a short log and a long one.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.utils.translation import gettext, ngettext

from fulfilment.models import Attempt, Discrepancy, Handoff, InboundMessage
from fulfilment.monitoring.waiting import wait_of
from sales.models import AnyDocument, Invoice, Order

Outcome = Attempt.Outcome
State = Handoff.State
Result = InboundMessage.Result
Tone = Literal["good", "info", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One sentence of the log; ``times`` counts repeats in a row."""

    at: dt.datetime
    text: str
    tone: Tone
    icon: str
    times: int = 1

    def __str__(self) -> str:
        if self.times == 1:
            return self.text
        repeats = ngettext("%(count)d time", "%(count)d times", self.times) % {"count": self.times}
        return f"{self.text} ({repeats})"


@dataclass(frozen=True, slots=True)
class Exchange:
    """What passed between a document, its invoices and the external systems."""

    handoffs: Sequence[Handoff]
    messages: Sequence[InboundMessage]
    discrepancies: Sequence[Discrepancy]

    def is_undecided_beside(self, systems: Collection[uuid.UUID]) -> bool:
        """Whether a person has something to decide that other connections reported."""
        return any(
            each.is_open for each in self.messages if each.connection_id not in systems
        ) or any(
            each.resolved_at is None
            for each in self.discrepancies
            if each.connection_id not in systems
        )

    @property
    def conflicts(self) -> list[Discrepancy]:
        """The fields that both sides changed, and of which nobody has decided yet."""
        return [
            each
            for each in self.discrepancies
            if each.compared is not None and each.resolved_at is None
        ]

    @property
    def entries(self) -> list[Entry]:
        """List it, the oldest first."""
        found = [
            *(entry for handoff in self.handoffs for entry in _handoff_entries(handoff)),
            *(_message_entry(message) for message in self.messages),
            *(entry for each in self.discrepancies for entry in _discrepancy_entries(each)),
        ]
        return sorted(found, key=lambda entry: entry.at)


def read_exchange(document: AnyDocument, invoices: Iterable[Invoice] | None = None) -> Exchange:
    """Read what passed; three statements, one more if the order's invoices are not given."""
    documents = _documents(document, invoices)
    keys = [each.pk for each in documents]
    names = [each.number for each in documents]
    names += [each.official_number for each in documents if isinstance(each, Invoice)]
    messages = InboundMessage.objects.about(keys, [name for name in names if name])
    discrepancies = Discrepancy.objects.filter(record_id__in=keys)
    return Exchange(
        handoffs=list(Handoff.objects.about(document).with_attempts().order_by("id")),
        messages=list(messages.select_related("connection")),
        discrepancies=list(discrepancies.select_related("connection", "report")),
    )


def _documents(document: AnyDocument, invoices: Iterable[Invoice] | None) -> list[AnyDocument]:
    """Return a document and, for an order, its invoices."""
    if not isinstance(document, Order):
        return [document]
    if invoices is None:
        invoices = Invoice.objects.filter(order=document)
    return [document, *invoices]


def _attempts(handoff: Handoff) -> list[Attempt]:
    """Return the attempts that were read along with a handoff, oldest first."""
    return [
        Attempt(
            handoff=handoff,
            outcome=read["outcome"],
            detail=read["detail"],
            detail_parameters=read["detail_parameters"],
            finished_at=dt.datetime.fromisoformat(read["finished_at"]),
        )
        for read in handoff.attempts_read
    ]


def _handoff_entries(handoff: Handoff) -> Iterator[Entry]:
    attempts = _attempts(handoff)
    yield from _merge_repeats(_attempt_entry(handoff, attempt) for attempt in attempts)
    values = {
        "connection": handoff.lane.connection.name,
        "event": str(handoff.event),
        "reason": handoff.display_resolution or handoff.display_cause,
        "wait": str(wait_of(handoff) or ""),
    }
    if handoff.state in {State.QUEUED, State.SENDING}:
        text = gettext("“%(event)s” waits to be sent to %(connection)s. %(wait)s") % values
        yield Entry(handoff.created_at, text, "info", "clock")
    elif handoff.state in {State.RETRYING, State.UNKNOWN_OUTCOME}:
        text = gettext("“%(event)s” is not delivered to %(connection)s yet. %(wait)s") % values
        yield Entry(_last_moment(handoff, attempts), text, "warn", "refresh")
    elif handoff.state == State.NEEDS_ATTENTION:
        text = gettext("“%(event)s” was refused by %(connection)s and needs a person.") % values
        yield Entry(_last_moment(handoff, attempts), text, "bad", "alert-triangle")
    elif handoff.state == State.SKIPPED:
        text = gettext("“%(event)s” was not sent to %(connection)s: %(reason)s") % values
        yield Entry(_last_moment(handoff, attempts), text, "info", "player-skip-forward")


def _last_moment(handoff: Handoff, attempts: Iterable[Attempt]) -> dt.datetime:
    return max((attempt.finished_at for attempt in attempts), default=handoff.created_at)


def _attempt_entry(handoff: Handoff, attempt: Attempt) -> Entry:
    values = {
        "connection": handoff.lane.connection.name,
        "event": str(handoff.event),
        "reference": handoff.reference,
    }
    text, tone, icon = _describe_attempt(attempt, values)
    return Entry(attempt.finished_at, text, tone, icon)


def _describe_attempt(attempt: Attempt, values: dict[str, str]) -> tuple[str, Tone, str]:
    """Return the sentence, tone and icon of an attempt."""
    if attempt.outcome == Outcome.DONE:
        text = gettext("%(connection)s accepted “%(event)s”.")
        if values["reference"]:
            text = gettext("%(connection)s accepted “%(event)s” as %(reference)s.")
        return text % values, "good", "check"
    if attempt.outcome == Outcome.FOUND:
        text = gettext("Looked “%(event)s” up at %(connection)s: found as %(reference)s.")
        return text % values, "good", "search"
    if attempt.outcome == Outcome.NOT_FOUND:
        text = gettext("Looked “%(event)s” up at %(connection)s: not found.")
        return text % values, "info", "search"
    if attempt.outcome == Outcome.REFUSED:
        return f"{values['event']}: {attempt.display_detail}", "bad", "x"
    return f"{values['event']}: {attempt.display_detail}", "warn", "refresh"


def _merge_repeats(entries: Iterable[Entry]) -> Iterator[Entry]:
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


def _message_entry(message: InboundMessage) -> Entry:
    at, text = message.received_at, describe_message(message)
    if message.result == Result.STALE:
        late = gettext("It arrived late and changed nothing.")
        return Entry(at, f"{text} {late}", "info", "clock")
    text = f"{text} {message.display_detail}".strip()
    if message.is_open:
        return Entry(at, text, "bad", "alert-triangle")
    if message.is_waiting:
        return Entry(at, text, "warn", "clock")
    return Entry(at, text, "warn" if message.detail else "good", "inbox")


def describe_message(message: InboundMessage) -> str:
    """Write what a message reports, with the words of its sender."""
    data: dict[str, Any] = message.body.get("data", {})
    values = {
        "connection": message.connection.name,
        "subject": message.subject,
        "status": data.get("status", ""),
        "part": message.part,
        "reason": data.get("reason", ""),
        "tracking": _tracking(data),
        "number": data.get("official_number", ""),
        "amount": _amount(data.get("amount")),
    }
    return _sentences().get(message.type, gettext("%(connection)s reported %(subject)s.")) % values


def _sentences() -> dict[str, str]:
    """Return the sentence of each type of message."""
    return {
        "warehouse.order.status": gettext("%(connection)s reported %(subject)s as %(status)s."),
        "warehouse.order.shortage": gettext(
            "%(connection)s cannot ship all of %(subject)s: %(reason)s."
        ),
        "warehouse.shipment.reported": gettext(
            "%(connection)s reported %(part)s as %(status)s%(tracking)s."
        ),
        "warehouse.return.received": gettext(
            "%(connection)s received the return %(part)s%(tracking)s."
        ),
        "erp.invoice.posted": gettext("%(connection)s posted %(subject)s as %(number)s."),
        "erp.invoice.credited": gettext(
            "%(connection)s credited %(amount)s of %(subject)s as %(number)s: %(reason)s."
        ),
        "erp.invoice.paid": gettext("%(connection)s received %(amount)s for %(subject)s."),
        "erp.payment.reversed": gettext(
            "%(connection)s reversed %(amount)s of the payment %(part)s: %(reason)s."
        ),
    }


def _amount(money: Any) -> str:
    """Write an amount as it was reported."""
    return f"{money['amount']} {money['currency']}" if isinstance(money, dict) else ""


def _tracking(data: dict[str, Any]) -> str:
    """Return carrier and tracking number in brackets, as far as they were reported."""
    reported = " ".join(filter(None, (data.get("carrier"), data.get("tracking"))))
    return f" ({reported})" if reported else ""


def _discrepancy_entries(discrepancy: Discrepancy) -> Iterator[Entry]:
    about = f" ({discrepancy.display_about})" if discrepancy.display_about else ""
    values = {
        "kind": f"{discrepancy.get_kind_display()}{about}",
        "ours": discrepancy.display_ours,
        "theirs": discrepancy.display_theirs,
        "connection": discrepancy.connection.name,
    }
    text = gettext("%(kind)s: ours %(ours)s, %(connection)s has %(theirs)s.") % values
    yield Entry(discrepancy.opened_at, text, "bad", "scale")
    if discrepancy.resolved_at is not None:
        yield Entry(discrepancy.resolved_at, discrepancy.decision, "good", "check")
