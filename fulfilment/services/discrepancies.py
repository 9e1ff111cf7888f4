"""Discrepancies: opening them, closing them when values agree again, and deciding them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from common.errors import IllegalTransition, MissingField
from common.sentences import Sentence
from common.sentences import sentence as _
from common.stored_sentences import columns, store
from crm.actors import Actor
from crm.models import User
from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.models import Discrepancy, InboundMessage


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
    about: str = ""
    rule: str | Sentence = ""
    report: str = ""
    compared: Mapping[str, Any] | None = None
    """The values of a field that both systems edit, in full."""
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

    @property
    def columns(self) -> dict[str, Any]:
        """What is stored of what a person compares, and of where it comes from."""
        return {
            **self.values,
            **columns("ours", self.ours, 200),
            **columns("rule", self.rule, 500),
            "about": self.about[:200],
            "compared": self.compared,
            "report_id": self._find_report(),
        }

    def _find_report(self) -> uuid.UUID | None:
        """Return the key of the message that says so; none without one, and no statement."""
        if not self.report:
            return None
        said = InboundMessage.objects.filter(connection=self.connection_id, message_id=self.report)
        return said.values_list("pk", flat=True).first()


@transaction.atomic
def open_discrepancies(found: Iterable[NewDiscrepancy]) -> None:
    """Open discrepancies; one that is open already shows the latest values.

    What a person has decided stays decided until other values are reported.
    """
    for each in found:
        known = Discrepancy.objects.filter(**each.key)
        opened = known.filter(resolved_at__isnull=True).first()
        if opened is not None:
            _show_latest(opened, each)
        elif not (each.stays_decided and _was_decided(known, each)):
            _open(each)


def _was_decided(known: QuerySet[Discrepancy], new: NewDiscrepancy) -> bool:
    return known.exclude(resolution="").filter(**new.values).exists()


def _show_latest(opened: Discrepancy, new: NewDiscrepancy) -> None:
    changed = {name: value for name, value in new.columns.items() if getattr(opened, name) != value}
    if changed:
        Discrepancy.objects.filter(pk=opened.pk).update(**changed)


def _open(new: NewDiscrepancy) -> None:
    row = Discrepancy(
        **new.key,
        **new.columns,
        record_type=new.record.type,
        record_number=new.record.number[:30],
        base=new.base[:200],
    )
    Discrepancy.objects.bulk_create([row], ignore_conflicts=True)


def settle_discrepancies(
    open_now: QuerySet[Discrepancy], found: Collection[NewDiscrepancy]
) -> None:
    """Open what was found, and close those of ``open_now`` that were not found again."""
    keys = {tuple(each.key.values()) for each in found}
    agreed = [
        each.pk
        for each in open_now.filter(resolved_at__isnull=True)
        if (each.connection_id, each.kind, each.record_id, each.part, each.field) not in keys
    ]
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
    close_conflicts(discrepancy.record_id, resolution)


def already_resolved(discrepancy: Discrepancy) -> AlreadyResolved:
    """Make the refusal to decide what is decided."""
    return AlreadyResolved(
        gettext("%(discrepancy)s was resolved before.") % {"discrepancy": discrepancy}
    )


def decision(actor: Actor, reason: str) -> Sentence:
    """Make the sentence that keeps who decided, and why in the person's own words."""
    return _("%(actor)s: %(reason)s", actor=actor, reason=reason.strip())


def close_conflicts(record_id: uuid.UUID, resolution: str | Sentence = "") -> None:
    """Close a document's messages in conflict of which nothing is to decide any more.

    One statement if none is in conflict.
    """
    waiting = InboundMessage.objects.filter(
        root_id=record_id, result=InboundMessage.Result.CONFLICT, resolved_at__isnull=True
    )
    messages = list(waiting)
    if not messages:
        return
    undecided = list(Discrepancy.objects.filter(record_id=record_id, resolved_at__isnull=True))
    settled = [
        message.pk
        for message in messages
        if not any(_concerns(found, message) for found in undecided)
    ]
    waiting.filter(pk__in=settled).update(
        resolved_at=timezone.now(), **columns("resolution", resolution, 300)
    )


def _concerns(found: Discrepancy, message: InboundMessage) -> bool:
    """Whether a value that differs is what a message says, or of a part or line that it names."""
    if found.report_id in {None, message.pk}:
        return True
    lines = _lines_named(message) if found.kind == Discrepancy.Kind.QUANTITY else set()
    named = {message.part.strip().casefold(), *lines} - {""}
    is_theirs = found.connection_id == message.connection_id
    return is_theirs and bool(named & {found.part.casefold(), found.field.strip().casefold()})


def _lines_named(message: InboundMessage) -> set[str]:
    lines = message.body.get("data", {}).get("lines", [])
    return {str(line.get("order_line", "")).casefold() for line in lines}
