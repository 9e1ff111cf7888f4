"""Discrepancies: opening them, closing them when values agree again, and deciding them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from common.errors import IllegalTransition, MissingField
from common.sentences import Sentence, joined
from common.sentences import sentence as _
from common.stored_sentences import columns, store, stored_text
from crm.actors import Actor
from crm.models import User
from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.models import Discrepancy, InboundMessage

Result = InboundMessage.Result

COLUMNS = (
    *("ours", "ours_parameters", "theirs", "difference", "about", "compared"),
    *("rule", "rule_parameters", "report", "report_waits"),
)
"""What is brought up to date of an open discrepancy."""

KEY = ("connection_id", "kind", "record_id", "part", "is_return", "field")
"""What is open only once."""

WAITING_COLUMNS = ("result", "resolved_at", "detail", "detail_parameters")

_opened: ContextVar[list[Discrepancy] | None] = ContextVar("opened", default=None)


class AlreadyResolved(IllegalTransition):
    """The discrepancy was resolved before."""

    code = "already_resolved"


@dataclass(frozen=True, slots=True)
class NewDiscrepancy:
    """The values of a discrepancy to open: ours and theirs, of one field of one record.

    ``part`` is the shipment or return of theirs that it is about, ``about`` what a person calls
    the field, ``rule`` why a person decides, and ``report`` the id of the message that says so.
    """

    connection_id: uuid.UUID
    kind: Discrepancy.Kind
    record: Record
    ours: str | Sentence
    theirs: str
    field: str = ""
    base: str = ""
    difference: str = ""
    part: str = ""
    is_return: bool = False
    """Whether it is about a return: a shipment may have the same reference."""
    about: str = ""
    rule: str | Sentence = ""
    report: str = ""
    compared: Mapping[str, Any] | None = None
    """The values of a field that both systems edit, in full."""
    report_waits: bool = False
    """Whether the report was not taken as it is, and waits for a person too."""
    stays_decided: bool = True
    """Whether a person's decision holds while the same values are reported."""

    @property
    def key(self) -> dict[str, Any]:
        """What is open only once."""
        return {
            "connection_id": self.connection_id,
            "kind": self.kind,
            "record_id": self.record.id,
            "part": self.part,
            "is_return": self.is_return,
            "field": self.field,
        }

    @property
    def values(self) -> dict[str, Any]:
        """What a person compares."""
        return {
            "ours": store(self.ours, 200).template,
            "theirs": self.theirs[:200],
            "difference": self.difference[:60],
        }

    def columns(self, reports: Mapping[tuple[uuid.UUID, str], uuid.UUID]) -> dict[str, Any]:
        """Return what is stored of what a person compares, and of where it comes from."""
        return {
            **self.values,
            **columns("ours", self.ours, 200),
            **columns("rule", self.rule, 500),
            "about": self.about[:200],
            "compared": self.compared,
            "report_id": reports.get((self.connection_id, self.report)),
            "report_waits": self.report_waits,
        }


def open_discrepancies(found: Collection[NewDiscrepancy]) -> None:
    """Open discrepancies; one that is open already shows the latest values.

    What a person has decided stays decided until other values are reported. Five statements, for
    one or for a hundred, and none without one.
    """
    if found:
        _open(found)


@transaction.atomic
def _open(found: Collection[NewDiscrepancy]) -> None:
    reports = _reports_of(found)
    known = _known(found)
    changed: list[Discrepancy] = []
    new: dict[tuple[Any, ...], Discrepancy] = {}
    for each in found:
        key = tuple(each.key.values())
        rows = known.get(key, [])
        opened = next((row for row in rows if row.resolved_at is None), new.get(key))
        if opened is not None:
            has_changed = _show_latest(opened, each.columns(reports))
            changed += [opened] if has_changed and key not in new else []
        elif not (each.stays_decided and _was_decided(rows, each)):
            new[key] = _new(each, reports)
    if changed:
        Discrepancy.objects.bulk_update(changed, COLUMNS)
    Discrepancy.objects.bulk_create(new.values(), ignore_conflicts=True)
    if (opened_now := _opened.get()) is not None:
        opened_now.extend(new.values())


@contextmanager
def collecting_opened() -> Iterator[list[Discrepancy]]:
    """Collect the discrepancies that are opened inside."""
    opened: list[Discrepancy] = []
    token = _opened.set(opened)
    try:
        yield opened
    finally:
        _opened.reset(token)


def rules_of_open(opened: Collection[Discrepancy]) -> list[str | Sentence]:
    """Return why a person decides those that are open still; one statement, and none without."""
    keys = [each.pk for each in opened if each.rule]
    rows = Discrepancy.objects.open().filter(pk__in=keys).order_by("id") if keys else []
    return [stored_text(row.rule, row.rule_parameters) for row in rows]


def _reports_of(
    found: Collection[NewDiscrepancy],
) -> dict[tuple[uuid.UUID, str], uuid.UUID]:
    """Return the keys of the messages that say so; none without one, and no statement."""
    messages = InboundMessage.objects.filter(
        connection__in={each.connection_id for each in found},
        message_id__in={each.report for each in found} - {""},
    )
    rows = messages.values_list("connection_id", "message_id", "pk")
    return {(connection_id, message_id): pk for connection_id, message_id, pk in rows}


def _known(found: Collection[NewDiscrepancy]) -> dict[tuple[Any, ...], list[Discrepancy]]:
    """Read what is open, or was decided by a person, of the same fields."""
    rows = Discrepancy.objects.filter(
        Q(resolved_at__isnull=True) | ~Q(resolution=""),
        record_id__in={each.record.id for each in found},
        kind__in={each.kind for each in found},
        part__in={each.part for each in found},
        field__in={each.field for each in found},
    )
    known: dict[tuple[Any, ...], list[Discrepancy]] = {}
    for row in rows.order_by("id"):
        key = tuple(getattr(row, name) for name in KEY)
        known.setdefault(key, []).append(row)
    return known


def _was_decided(rows: Iterable[Discrepancy], new: NewDiscrepancy) -> bool:
    decided = (row for row in rows if row.resolution)
    return any(
        all(getattr(row, name) == value for name, value in new.values.items()) for row in decided
    )


def _show_latest(opened: Discrepancy, values: Mapping[str, Any]) -> bool:
    """Set the latest values; returns whether they are others."""
    changed = {name: value for name, value in values.items() if getattr(opened, name) != value}
    for name, value in changed.items():
        setattr(opened, name, value)
    return bool(changed)


def _new(new: NewDiscrepancy, reports: Mapping[tuple[uuid.UUID, str], uuid.UUID]) -> Discrepancy:
    return Discrepancy(
        **new.key,
        **new.columns(reports),
        record_type=new.record.type,
        record_number=new.record.number[:30],
        base=new.base[:200],
    )


def update_discrepancies(
    open_now: QuerySet[Discrepancy], found: Collection[NewDiscrepancy]
) -> None:
    """Open what was found, and close those of ``open_now`` that were not found again."""
    keys = {tuple(each.key.values()) for each in found}
    rows = open_now.filter(resolved_at__isnull=True)
    agreed = [pk for pk, *key in rows.values_list("pk", *KEY) if tuple(key) not in keys]
    if agreed:
        Discrepancy.objects.filter(pk__in=agreed).update(resolved_at=timezone.now())
    open_discrepancies(found)


def signed(difference: Decimal) -> str:
    """Format a difference with its sign."""
    return f"{'+' if difference > 0 else ''}{plain(difference)}"


@transaction.atomic
def resolve_discrepancy(discrepancy: Discrepancy, *, actor: User, reason: str) -> None:
    """Record what a person decided about a discrepancy, and why."""
    if not reason.strip():
        raise MissingField(gettext("Give the decision and its reason."), field="reason")
    resolution = decision(actor, reason)
    decided = Discrepancy.objects.filter(pk=discrepancy.pk, resolved_at__isnull=True).update(
        resolved_at=timezone.now(), decided_by=actor, **columns("resolution", resolution, 300)
    )
    if not decided:
        raise already_resolved(discrepancy)
    update_waiting_messages(discrepancy.record_id, resolution)


def already_resolved(discrepancy: Discrepancy) -> AlreadyResolved:
    """Make the refusal to decide what is decided."""
    return AlreadyResolved(
        gettext("%(discrepancy)s was resolved before: %(decision)s")
        % {
            "discrepancy": discrepancy.display_about or discrepancy,
            "decision": discrepancy.decision,
        },
        field=str(discrepancy.pk),
    )


def decision(actor: Actor, reason: str) -> Sentence:
    """Make the sentence that keeps who decided, and why in the person's own words."""
    return _("%(actor)s: %(reason)s", actor=actor, reason=reason.strip())


def update_waiting_messages(record_id: uuid.UUID, resolution: str | Sentence = "") -> None:
    """Let those messages about a document wait for a person of which something is to decide.

    Which these are depends on the discrepancies alone, not on what was found when a message came.
    Two statements if none waits and none has to.
    """
    waiting = _waiting_reports(record_id)
    messages = InboundMessage.objects.filter(
        root_id=record_id, result__in=InboundMessage.COUNTED, resolution=""
    )
    in_conflict = Q(result=Result.CONFLICT, resolved_at__isnull=True)
    settled, changed = [], []
    for message in messages.filter(in_conflict | Q(pk__in=waiting)).defer("body", "validated_data"):
        if message.pk not in waiting:
            settled.append(message.pk)
        elif _lets_wait(message, columns("detail", joined(waiting[message.pk], 500), 500)):
            changed.append(message)
    InboundMessage.objects.bulk_update(changed, WAITING_COLUMNS)
    if settled:
        messages.filter(pk__in=settled).update(
            resolved_at=timezone.now(), **columns("resolution", resolution, 300)
        )


def _waiting_reports(record_id: uuid.UUID) -> dict[uuid.UUID, list[str | Sentence]]:
    """Return the messages with which something waits, each with all rules that it breaks."""
    rows = Discrepancy.objects.filter(
        record_id=record_id, resolved_at__isnull=True, report__isnull=False
    )
    columns_ = ("report_id", "report_waits", "rule", "rule_parameters")
    rules: dict[uuid.UUID, list[str | Sentence]] = {}
    waiting: set[uuid.UUID] = set()
    in_order = rows.order_by("kind", "part", "is_return", "field", "connection_id")
    for report, waits, rule, parameters in in_order.values_list(*columns_):
        rules.setdefault(report, []).append(stored_text(rule, parameters))
        if waits:
            waiting.add(report)
    return {report: rules[report] for report in waiting}


def _lets_wait(message: InboundMessage, detail: Mapping[str, Any]) -> bool:
    """Have a message wait; returns whether it did not, or for another reason."""
    wanted = {"result": Result.CONFLICT, "resolved_at": None, **detail}
    changed = {name: value for name, value in wanted.items() if getattr(message, name) != value}
    for name, value in changed.items():
        setattr(message, name, value)
    return bool(changed)
