"""External references: the ids that other systems gave to our records."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from common.identifiers import uuid7
from common.sentences import sentence as _
from fulfilment.connectors.base import Record
from fulfilment.models import Discrepancy
from fulfilment.services.bulk_sql import read_rows, write_rows
from fulfilment.services.discrepancies import NewDiscrepancy, open_discrepancies


@dataclass(frozen=True, slots=True)
class NewReference:
    """The reference that an external system gave to a record of ours in an answer."""

    connection_id: uuid.UUID
    record: Record
    reference: str


INSERT = """
INSERT INTO fulfilment_externalref
    (id, connection_id, record_type, record_id, external_id, external_number, is_provisional,
     created_at)
SELECT id, connection_id, record_type, record_id, reference, '', false, clock_timestamp()
FROM json_to_recordset(%s::json) AS new
    (id uuid, connection_id uuid, record_type text, record_id uuid, reference text)
ON CONFLICT DO NOTHING
"""

DIFFERING = """
SELECT new.id, kept.external_id FROM json_to_recordset(%s::json) AS new
    (id uuid, connection_id uuid, record_type text, record_id uuid, reference text)
LEFT JOIN fulfilment_externalref AS kept USING (connection_id, record_type, record_id)
WHERE kept.external_id IS DISTINCT FROM new.reference
"""


def store_references(references: Sequence[NewReference]) -> None:
    """Store each reference once; two for one record, or one for two records, is a discrepancy."""
    by_id = {uuid7(): new for new in references}
    rows = [
        {
            "id": key,
            "connection_id": new.connection_id,
            "record_type": new.record.type,
            "record_id": new.record.id,
            "reference": new.reference,
        }
        for key, new in by_id.items()
    ]
    if write_rows(INSERT, rows) < len(rows):
        open_discrepancies(
            [_discrepancy(by_id[key], kept or "") for key, kept in read_rows(DIFFERING, rows)]
        )


def _discrepancy(new: NewReference, ours: str) -> NewDiscrepancy:
    return NewDiscrepancy(
        connection_id=new.connection_id,
        kind=Discrepancy.Kind.REFERENCE,
        record=new.record,
        ours=ours or _("(belongs to another record)"),
        theirs=new.reference,
    )
