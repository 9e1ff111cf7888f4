"""Approvals keep what was approved; costs frozen in another currency are forgotten.

Lines used to keep a product's cost as it was entered, whatever the document's currency. Without
one, today's cost counts, converted by the day's exchange rate.
"""

from django.db import migrations, models

from common.data_migrations import UpdateWithHistory

FORGET = """
UPDATE sales_{kind}line SET unit_cost = NULL
FROM sales_{kind} head, sales_product product
WHERE head.id = sales_{kind}line.{kind}_id AND product.id = sales_{kind}line.product_id
    AND product.cost_currency <> head.currency AND sales_{kind}line.unit_cost IS NOT NULL
"""
CONTENT = {"default": dict, "editable": False}


class Migration(migrations.Migration):
    dependencies = [("sales", "0012_verified_figures")]

    operations = [
        *(
            UpdateWithHistory(f"sales_{kind}line", FORGET.format(kind=kind))
            for kind in ("quote", "order", "invoice")
        ),
        migrations.AddField("quoteapproval", "content", models.JSONField(**CONTENT)),
        migrations.AddField("quoteapprovalhistory", "content", models.JSONField(**CONTENT)),
    ]
