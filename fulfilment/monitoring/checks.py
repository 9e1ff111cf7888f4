"""Integrity checks: order quantities against shipments, message bodies against their SHA-256."""

from __future__ import annotations

from sales.services.integrity.verification import check_by_query, register_check

SHIPPED_QUANTITIES = """
WITH moved AS (
    SELECT line.order_line_id,
        SUM(line.quantity) FILTER (
            WHERE direction = 'out' AND status IN ('shipped', 'delivered')
        ) AS shipped,
        SUM(line.quantity) FILTER (WHERE direction = 'out' AND status = 'delivered') AS delivered,
        SUM(line.quantity) FILTER (WHERE direction = 'return') AS returned,
        SUM(line.quantity) FILTER (WHERE direction = 'return' AND is_replaced) AS replaced
    FROM fulfilment_shipmentline line JOIN fulfilment_shipment head ON head.id = line.shipment_id
    GROUP BY line.order_line_id
)
SELECT COALESCE(head.number, 'draft ' || head.id) || ', line ' || line.position,
    figure.what, figure.stored::text, figure.counted::text
FROM sales_orderline line
JOIN sales_order head ON head.id = line.order_id
LEFT JOIN moved ON moved.order_line_id = line.id
CROSS JOIN LATERAL (VALUES
    ('shipped quantity', line.shipped_quantity, COALESCE(moved.shipped, 0)),
    ('delivered quantity', line.delivered_quantity, COALESCE(moved.delivered, 0)),
    ('returned quantity', line.returned_quantity, COALESCE(moved.returned, 0)),
    ('replaced quantity', line.replaced_quantity, COALESCE(moved.replaced, 0))
) figure(what, stored, counted)
WHERE figure.stored <> figure.counted AND NOT (
    figure.stored < figure.counted AND EXISTS (
        SELECT FROM fulfilment_discrepancy kept
        WHERE kept.record_id = head.id AND kept.kind = 'quantity' AND kept.field = line.id::text
    )
) AND NOT EXISTS (
    SELECT FROM sales_orderline part JOIN sales_product product ON product.id = part.product_id
    WHERE part.bundle_line_id = line.id AND part.price_source = 'bundle' AND part.quantity > 0
        AND product.kind = 'goods'
)
"""
"""Bundles follow their parts, which is checked beside the other quantities of orders.

More on shipments than counts is what was reported beyond what fits, kept as a discrepancy."""

CHANGED_BODIES = """
SELECT DISTINCT
    COALESCE(NULLIF(event.subject_number, ''), event.subject_type || ' ' || event.subject_id)
        || ', ' || event.type,
    'message sent',
    encode(sha256(convert_to(payload.body, 'UTF8')), 'hex'), payload.sha256
FROM fulfilment_payload payload JOIN sales_salesevent event ON event.id = payload.event_id
WHERE payload.sha256 <> encode(sha256(convert_to(payload.body, 'UTF8')), 'hex')
"""
"""The digest was computed when the message was committed."""


def register() -> None:
    """Add the checks to every verification."""
    register_check("shipped units are on shipments", check_by_query(SHIPPED_QUANTITIES))
    register_check("messages are as they were committed", check_by_query(CHANGED_BODIES))
