"""What our records are called elsewhere."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from common.identifiers import uuid7
from fulfilment.connectors.base import Record
from fulfilment.models import Discrepancy
from fulfilment.services.bulk_sql import read_set, write_set
from fulfilment.services.discrepancies import Difference, open_discrepancies


@dataclass(frozen=True, slots=True)
class Naming:
    """An answer's word that our record has a name over there."""

    connection_id: uuid.UUID
    record: Record
    reference: str


KEEP = """
INSERT INTO fulfilment_externalref
    (id, connection_id, record_type, record_id, external_id, external_number, is_provisional,
     created_at)
SELECT id, connection_id, record_type, record_id, reference, '', false, clock_timestamp()
FROM json_to_recordset(%s::json) AS naming
    (id uuid, connection_id uuid, record_type text, record_id uuid, reference text)
ON CONFLICT DO NOTHING
"""

DIFFERING = """
SELECT naming.id, kept.external_id FROM json_to_recordset(%s::json) AS naming
    (id uuid, connection_id uuid, record_type text, record_id uuid, reference text)
LEFT JOIN fulfilment_externalref AS kept USING (connection_id, record_type, record_id)
WHERE kept.external_id IS DISTINCT FROM naming.reference
"""


def keep_references(namings: Sequence[Naming]) -> None:
    """Keep each name once; a second name for one record, or one name for two, is a discrepancy."""
    by_id = {uuid7(): naming for naming in namings}
    rows = [
        {
            "id": key,
            "connection_id": naming.connection_id,
            "record_type": naming.record.type,
            "record_id": naming.record.id,
            "reference": naming.reference,
        }
        for key, naming in by_id.items()
    ]
    if write_set(KEEP, rows) < len(rows):
        open_discrepancies(
            _difference(by_id[key], kept or "") for key, kept in read_set(DIFFERING, rows)
        )


def _difference(naming: Naming, ours: str) -> Difference:
    return Difference(
        connection_id=naming.connection_id,
        kind=Discrepancy.Kind.REFERENCE,
        record=naming.record,
        ours=ours or "(given to another record)",
        theirs=naming.reference,
    )
