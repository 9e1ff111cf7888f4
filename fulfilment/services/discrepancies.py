"""Differences between the two sides that a person decides."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from common.errors import DomainError
from crm.models import User
from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.models import Discrepancy


class AlreadyResolved(DomainError):
    """Somebody has decided this difference before."""

    code = "already_resolved"


class ReasonMissing(DomainError):
    """A decision needs a sentence that others can read later."""

    code = "reason_missing"


@dataclass(frozen=True, slots=True)
class Difference:
    """Ours and theirs, of one field of one record."""

    connection_id: uuid.UUID
    kind: Discrepancy.Kind
    record: Record
    ours: str
    theirs: str
    field: str = ""
    base: str = ""
    difference: str = ""


def open_discrepancies(differences: Iterable[Difference]) -> None:
    """Put differences before people; one that is open already is not opened twice."""
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
        for each in differences
    ]
    if opened:
        Discrepancy.objects.bulk_create(opened, ignore_conflicts=True)


def signed(difference: Decimal) -> str:
    """Write a difference with its sign."""
    return f"{'+' if difference > 0 else ''}{plain(difference)}"


def close_agreed(kind: Discrepancy.Kind, connection_id: uuid.UUID, record: Record) -> None:
    """Close an open difference that has gone away by itself."""
    Discrepancy.objects.filter(
        kind=kind, connection=connection_id, record_id=record.id, resolved_at__isnull=True
    ).update(resolved_at=timezone.now(), resolution="Both sides agree again.")


def resolve_discrepancy(discrepancy: Discrepancy, *, actor: User, reason: str) -> None:
    """Note what a person decided about a difference."""
    if not reason.strip():
        raise ReasonMissing("Say what was decided and why.", field="reason")
    decided = Discrepancy.objects.filter(pk=discrepancy.pk, resolved_at__isnull=True).update(
        resolved_at=timezone.now(), resolution=f"{actor}: {reason.strip()}"[:300]
    )
    if not decided:
        raise AlreadyResolved(f"{discrepancy} was resolved before.")
