from __future__ import annotations

from django.db import migrations

from common.data_migrations import UpdateWithHistory

MARK = """
UPDATE fulfilment_discrepancy
SET is_return = true
WHERE EXISTS (
    SELECT FROM fulfilment_inboundmessage message
    WHERE message.id = fulfilment_discrepancy.report_id
    AND message.type IN ('warehouse.return.received', 'supply.return.posted')
    AND fulfilment_discrepancy.kind = 'quantity'
)
OR fulfilment_discrepancy.kind = 'unit' AND EXISTS (
    SELECT FROM fulfilment_shipment shipment
    WHERE shipment.order_id = fulfilment_discrepancy.record_id
    AND shipment.direction = 'return'
    AND shipment.reference = fulfilment_discrepancy.part
)
"""


class Migration(migrations.Migration):
    """Discrepancies about returns are kept apart from those about shipments."""

    dependencies = [
        ("fulfilment", "0036_returns_by_their_own_reference"),
    ]
    operations = [UpdateWithHistory("fulfilment_discrepancy", MARK)]
