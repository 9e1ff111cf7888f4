"""The codes of an order take off what its lines say; closing the rest used to leave them whole.

Several codes share it as they shared the whole; the last one takes what rounding leaves.
"""

from django.db import migrations

from common.data_migrations import UpdateWithHistory

AGREE = """
WITH given AS (
    SELECT order_id, SUM(amount) AS whole
    FROM sales_promotionuse WHERE order_id IS NOT NULL GROUP BY order_id
), taken AS (
    SELECT order_id, SUM(promotion_discount) AS amount FROM sales_orderline GROUP BY order_id
), shares AS (
    SELECT used.id, used.order_id, taken.amount AS taken,
           trunc(taken.amount * used.amount / NULLIF(whole, 0), scale(trim_scale(taken.amount)))
               AS share,
           row_number() OVER (PARTITION BY used.order_id ORDER BY used.id DESC) AS from_last
    FROM sales_promotionuse used
    JOIN given ON given.order_id = used.order_id
    JOIN taken ON taken.order_id = used.order_id
    WHERE given.whole <> taken.amount
), rounded AS (
    SELECT id, COALESCE(share, 0) + CASE WHEN from_last = 1
           THEN taken - SUM(COALESCE(share, 0)) OVER (PARTITION BY order_id) ELSE 0 END AS amount
    FROM shares
)
UPDATE sales_promotionuse SET amount = rounded.amount
FROM rounded WHERE sales_promotionuse.id = rounded.id
"""


class Migration(migrations.Migration):
    dependencies = [("sales", "0042_currency_codes")]

    operations = [UpdateWithHistory("sales_promotionuse", AGREE)]
