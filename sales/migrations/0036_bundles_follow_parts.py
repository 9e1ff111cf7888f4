"""What left and came back of bundles follows from their parts, in whole sets."""

from django.db import migrations

from common.data_migrations import UpdateWithHistory

FOLLOW = """
WITH parts AS (
    SELECT bundle.id, bundle.quantity AS sets,
        bundle.quantity - bundle.cancelled_quantity - bundle.closed_unshipped_quantity AS most,
        line.quantity AS units, line.shipped_quantity - line.replaced_quantity AS departed,
        line.returned_quantity - line.replaced_quantity AS given_back,
        line.delivered_quantity AS delivered,
        power(10::numeric, -COALESCE(product.decimals, 5)) AS step
    FROM sales_orderline line JOIN sales_orderline bundle ON bundle.id = line.bundle_line_id
    JOIN sales_product part ON part.id = line.product_id AND part.kind = 'goods'
    LEFT JOIN sales_product product ON product.id = bundle.product_id
    WHERE line.price_source = 'bundle' AND line.quantity > 0 AND bundle.quantity > 0
        AND (line.is_taken OR NOT line.is_optional)
), whole AS (
    SELECT id, most,
        MIN(div(departed * sets, units * step) * step) AS departed,
        MIN(div(delivered * sets, units * step) * step) AS delivered,
        LEAST(MIN(div((departed - given_back) * sets, units * step) * step), most) AS kept,
        MAX(sets - div((units - given_back) * sets, units * step) * step) AS broken
    FROM parts GROUP BY id, most
), returned AS (
    SELECT whole.*, LEAST(GREATEST(broken, 0), most - kept) AS returned FROM whole
), moved AS (
    SELECT returned.*, LEAST(most, GREATEST(departed, kept + returned)) AS shipped FROM returned
), credited AS (
    SELECT moved.*, LEAST(returned, line.closed_quantity - line.closed_unshipped_quantity) AS closed,
        line.invoiced_quantity - line.credited_quantity + line.closed_quantity
            + line.drafted_quantity AS billed, line.quantity - line.cancelled_quantity AS ordered
    FROM moved JOIN sales_orderline line ON line.id = moved.id
)
UPDATE sales_orderline SET shipped_quantity = shipped, returned_quantity = returned,
    replaced_quantity = 0, delivered_quantity = LEAST(delivered, shipped),
    closed_returned_quantity = closed,
    returned_unbilled_quantity = returned - closed - GREATEST(0, LEAST(
        returned - closed, returned - closed + billed - ordered))
FROM credited
WHERE credited.id = sales_orderline.id
"""


class Migration(migrations.Migration):
    dependencies = [("sales", "0035_price_list_changes")]

    operations = [UpdateWithHistory("sales_orderline", FOLLOW)]
