"""What our records are called elsewhere."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from fulfilment.connectors.base import Record
from fulfilment.models import Discrepancy, ExternalRef
from fulfilment.services.discrepancies import Difference, open_discrepancies


@dataclass(frozen=True, slots=True)
class Naming:
    """An answer's word that our record has a name over there."""

    connection_id: uuid.UUID
    record: Record
    reference: str


def keep_references(namings: Sequence[Naming]) -> None:
    """Keep each name once; a second name for one record, or one name for two, is a discrepancy."""
    if not namings:
        return
    ExternalRef.objects.bulk_create(
        [
            ExternalRef(
                connection_id=naming.connection_id,
                record_type=naming.record.type,
                record_id=naming.record.id,
                external_id=naming.reference,
            )
            for naming in namings
        ],
        ignore_conflicts=True,
    )
    kept = {
        (ref.connection_id, ref.record_id): ref.external_id
        for ref in ExternalRef.objects.filter(
            connection__in={naming.connection_id for naming in namings},
            record_id__in=[naming.record.id for naming in namings],
        )
    }
    differing = [
        (naming, kept.get((naming.connection_id, naming.record.id), ""))
        for naming in namings
        if kept.get((naming.connection_id, naming.record.id)) != naming.reference
    ]
    open_discrepancies(_difference(naming, ours) for naming, ours in differing)


def _difference(naming: Naming, ours: str) -> Difference:
    return Difference(
        connection_id=naming.connection_id,
        kind=Discrepancy.Kind.REFERENCE,
        record=naming.record,
        ours=ours or "(given to another record)",
        theirs=naming.reference,
    )
