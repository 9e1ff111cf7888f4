"""Discrepancies: opening them, closing them when values agree again, and deciding them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext

from common.errors import IllegalTransition, MissingField
from crm.models import User
from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.models import Discrepancy


class AlreadyResolved(IllegalTransition):
    """The discrepancy was resolved before."""

    code = "already_resolved"


@dataclass(frozen=True, slots=True)
class NewDiscrepancy:
    """The values of a discrepancy to open: ours and theirs, of one field of one record."""

    connection_id: uuid.UUID
    kind: Discrepancy.Kind
    record: Record
    ours: str
    theirs: str
    field: str = ""
    base: str = ""
    difference: str = ""


def open_discrepancies(found: Iterable[NewDiscrepancy]) -> None:
    """Open discrepancies, except those that are open already."""
    opened = [
        Discrepancy(
            connection_id=each.connection_id,
            kind=each.kind,
            record_type=each.record.type,
            record_id=each.record.id,
            record_number=each.record.number,
            field=each.field,
            base=each.base[:200],
            ours=each.ours[:200],
            theirs=each.theirs[:200],
            difference=each.difference[:60],
        )
        for each in found
    ]
    if opened:
        Discrepancy.objects.bulk_create(opened, ignore_conflicts=True)


def signed(difference: Decimal) -> str:
    """Format a difference with its sign."""
    return f"{'+' if difference > 0 else ''}{plain(difference)}"


def close_agreed(kind: Discrepancy.Kind, connection_id: uuid.UUID, record: Record) -> None:
    """Close an open discrepancy whose values agree again."""
    Discrepancy.objects.filter(
        kind=kind, connection=connection_id, record_id=record.id, resolved_at__isnull=True
    ).update(resolved_at=timezone.now())


def resolve_discrepancy(discrepancy: Discrepancy, *, actor: User, reason: str) -> None:
    """Record what a person decided about a discrepancy, and why."""
    if not reason.strip():
        raise MissingField(gettext("Give the decision and its reason."), field="reason")
    decided = Discrepancy.objects.filter(pk=discrepancy.pk, resolved_at__isnull=True).update(
        resolved_at=timezone.now(), resolution=f"{actor}: {reason.strip()}"[:300]
    )
    if not decided:
        raise AlreadyResolved(
            gettext("%(discrepancy)s was resolved before.") % {"discrepancy": discrepancy}
        )
