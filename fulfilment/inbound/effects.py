"""Effects of inbound messages; each runs in the transaction that stores its message."""

from __future__ import annotations

from fulfilment.inbound import supply_goods, supply_invoices
from fulfilment.inbound.credit_effects import apply_credit_note
from fulfilment.inbound.documents import ApplyEffect
from fulfilment.inbound.official_invoices import apply_posted_invoice
from fulfilment.inbound.order_effects import (
    apply_order_status,
    apply_return,
    apply_shipment,
    apply_shortage,
)
from fulfilment.inbound.payment_effects import apply_payment, apply_reversal
from fulfilment.inbound.supply_effects import apply_order_changed, apply_order_deleted

EFFECTS: dict[str, ApplyEffect] = {
    "warehouse.order.status": apply_order_status,
    "warehouse.order.shortage": apply_shortage,
    "warehouse.shipment.reported": apply_shipment,
    "warehouse.return.received": apply_return,
    "erp.invoice.posted": apply_posted_invoice,
    "erp.invoice.credited": apply_credit_note,
    "erp.invoice.paid": apply_payment,
    "erp.payment.reversed": apply_reversal,
    "supply.order.changed": apply_order_changed,
    "supply.order.deleted": apply_order_deleted,
    "supply.delivery.posted": supply_goods.apply_delivery,
    "supply.return.posted": supply_goods.apply_return,
    "supply.invoice.posted": supply_invoices.apply_invoice,
    "supply.credit_note.posted": supply_invoices.apply_credit_note,
}
"""What each type of message does."""
