"""Derive the statuses of orders again: returned goods are not billed, cancelled orders bill nothing."""

from django.db import migrations

from common.data_migrations import UpdateWithHistory

DERIVE = """
WITH counting AS (
    SELECT line.*, line.quantity - line.cancelled_quantity AS wanted,
        line.invoiced_quantity - line.credited_quantity + line.drafted_quantity AS kept_billed,
        line.shipped_quantity - line.replaced_quantity AS departed,
        line.returned_quantity - line.replaced_quantity AS given_back,
        COALESCE(product.kind, 'goods') = 'goods' AS is_goods
    FROM sales_orderline line LEFT JOIN sales_product product ON product.id = line.product_id
    WHERE line.kind NOT IN ('section', 'note') AND (line.is_taken OR NOT line.is_optional)
        AND line.quantity > line.cancelled_quantity
), opened AS (
    SELECT counting.*,
        is_goods AND wanted > departed + closed_unshipped_quantity AS opens_to_ship,
        drafted_quantity > 0 OR wanted > kept_billed + closed_unshipped_quantity
            + GREATEST(given_back, closed_quantity - closed_unshipped_quantity) AS opens_to_bill
    FROM counting
), advance AS (
    SELECT head.order_id, line.kind, line.tax_rate,
        SUM(CASE head.kind WHEN 'invoice' THEN line.net ELSE -line.net END) AS net,
        SUM(CASE head.kind WHEN 'invoice' THEN line.tax ELSE -line.tax END) AS tax
    FROM sales_invoiceline line JOIN sales_invoice head ON head.id = line.invoice_id
    WHERE line.kind IN ('down_payment', 'freight') AND head.order_id IS NOT NULL
    GROUP BY head.order_id, line.kind, line.tax_rate
), derived AS (
    SELECT order_id,
        CASE
            WHEN NOT COALESCE(bool_or(shipped_quantity > 0) FILTER (WHERE is_goods), false)
                THEN 'not_started'
            WHEN bool_and(given_back = departed) FILTER (WHERE is_goods)
                AND bool_or(departed > 0) FILTER (WHERE is_goods) THEN 'returned'
            WHEN bool_or(opens_to_ship) THEN 'partly_shipped'
            WHEN bool_or(given_back > 0) FILTER (WHERE is_goods) THEN 'partly_returned'
            WHEN bool_and(delivered_quantity = shipped_quantity) FILTER (WHERE is_goods)
                THEN 'delivered'
            ELSE 'shipped'
        END AS fulfilment,
        CASE
            WHEN NOT bool_or(invoiced_quantity > 0)
                THEN CASE WHEN bool_or(opens_to_bill) THEN 'to_invoice' ELSE 'nothing' END
            WHEN bool_and(invoiced_quantity = credited_quantity) THEN 'credited'
            WHEN bool_or(opens_to_bill) THEN 'partly'
            ELSE 'invoiced'
        END AS billing,
        CASE
            WHEN bool_or(opens_to_ship OR opens_to_bill) THEN 'submitted'
            WHEN EXISTS (SELECT FROM advance WHERE advance.order_id = opened.order_id
                AND (advance.net <> 0 OR advance.tax <> 0)) THEN 'submitted'
            ELSE 'completed'
        END AS status
    FROM opened GROUP BY order_id
)
UPDATE sales_order
SET fulfilment_status = derived.fulfilment, billing_status = derived.billing,
    status = derived.status,
    closed_at = CASE derived.status WHEN 'completed' THEN COALESCE(sales_order.closed_at, now()) END
FROM derived
WHERE derived.order_id = sales_order.id AND sales_order.status IN ('submitted', 'completed')
    AND (sales_order.fulfilment_status, sales_order.billing_status, sales_order.status)
        IS DISTINCT FROM (derived.fulfilment, derived.billing, derived.status)
"""

CANCELLED = """
UPDATE sales_order SET billing_status = 'nothing'
WHERE status = 'cancelled' AND billing_status <> 'nothing'
"""


class Migration(migrations.Migration):
    dependencies = [("sales", "0008_order_ledger")]

    operations = [
        UpdateWithHistory("sales_order", DERIVE),
        UpdateWithHistory("sales_order", CANCELLED),
    ]
