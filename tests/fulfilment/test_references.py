"""References that external systems gave to our records."""

from __future__ import annotations

from common.identifiers import uuid7
from fulfilment.connectors.base import Record
from fulfilment.models import Discrepancy, ExternalRef
from fulfilment.outbound.drain import drain
from fulfilment.services.references import NewReference, store_references
from sales.models import Order
from tests.fulfilment.conftest import FarEnd


def test_opens_a_discrepancy_for_a_second_reference(order: Order, warehouse: FarEnd) -> None:
    ExternalRef.objects.create(
        connection=warehouse.connection,
        record_type="order",
        record_id=order.pk,
        external_id="REF-OLD",
    )

    drain()

    assert ExternalRef.objects.get().external_id == "REF-OLD"
    found = Discrepancy.objects.get()
    assert (found.kind, found.ours, found.theirs) == ("reference", "REF-OLD", "REF-000001")


def stored(warehouse: FarEnd, reference: str, record: Record) -> list[tuple[str, str]]:
    """Store a reference, and return what differs after it."""
    store_references([NewReference(warehouse.connection.pk, record, reference)])
    return list(Discrepancy.objects.values_list("ours", "theirs"))


def test_stores_a_reference_once(warehouse: FarEnd) -> None:
    record = Record("order", uuid7(), "O-2026-00001")

    for _ in range(2):
        assert stored(warehouse, "WH-1", record) == []

    reference = ExternalRef.objects.get()
    assert (reference.record_id, reference.external_id) == (record.id, "WH-1")


def test_opens_a_discrepancy_for_one_reference_of_two_records(warehouse: FarEnd) -> None:
    first, second = (Record("order", uuid7(), f"O-2026-0000{n}") for n in (1, 2))
    stored(warehouse, "WH-1", first)

    assert stored(warehouse, "WH-1", second) == [("(belongs to another record)", "WH-1")]

    assert ExternalRef.objects.get().record_id == first.id
    assert Discrepancy.objects.get().record_number == "O-2026-00002"
