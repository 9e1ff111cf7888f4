"""Pushes of documents: what leaves, comes back or is billed where we do that, in their words."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from fulfilment.dialects.supply_documents import SentOrder, write_bill, write_goods
from fulfilment.models import Connection, ExternalRef, Shipment, SyncState
from fulfilment.services.mappings import outward_codes
from fulfilment.services.sync_states import ORDER, line_ids
from sales.models import Invoice, Order, SalesEvent


def goods_body(connection: Connection, event: SalesEvent, order: Order) -> dict[str, Any] | None:
    """Return a shipment or a return of ours in their words; None until it left, and for theirs."""
    said = event.data.get("shipment", {})
    shipment = Shipment.objects.filter(pk=said.get("id")).first()
    if shipment is None or shipment.source == connection.code:
        return None
    if shipment.direction == Shipment.Direction.OUT and said["status"] not in Shipment.LEFT:
        return None
    day = timezone.localdate(event.occurred_at, timezone=ZoneInfo(order.company.time_zone))
    return write_goods(_sent(connection, order), said, day)


def bill_body(connection: Connection, event: SalesEvent, invoice: Invoice) -> dict[str, Any] | None:
    """Return an invoice or a credit note of ours in their words, when it is issued.

    None for other events, for what bills no order, and for what they have issued themselves.
    """
    order = invoice.order
    is_issued = event.type == SalesEvent.Type.INVOICE_ISSUED
    if order is None or not is_issued or invoice.origin == connection.code:
        return None
    lines = list(invoice.lines.order_by("position", "id"))
    codes = outward_codes(connection, [invoice.account_id])
    customer = codes.get(invoice.account_id, invoice.account.name)
    return write_bill(_sent(connection, order), invoice, lines, customer)


def _sent(connection: Connection, order: Order) -> SentOrder:
    state = SyncState.objects.filter(
        connection=connection, record_type=ORDER, record_id=order.pk
    ).first()
    refs = ExternalRef.objects.filter(
        connection=connection, record_type=ORDER, record_id=order.pk
    ).values_list("external_id", flat=True)
    lots = {ours: theirs for theirs, ours in line_ids(state).items()} if state else {}
    return SentOrder(
        external_id=refs.first() or "",
        number=order.number or "",
        throughline_id=order.pk,
        version=order.version,
        knows=state.snapshot_sequence if state else 0,
        lots=lots,
    )
