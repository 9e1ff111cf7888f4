"""Approvals keep what was approved; costs frozen in another currency are forgotten.

Lines used to keep a product's cost as it was entered, whatever the document's currency. Without
one, today's cost counts, converted by the day's exchange rate.
"""

from typing import Any

import pgtrigger
from django.db import migrations, models

FORGET = """
UPDATE sales_{kind}line{history} line SET unit_cost = NULL
FROM sales_{kind} head, sales_product product
WHERE head.id = line.{kind}_id AND product.id = line.product_id
    AND product.cost_currency <> head.currency AND line.unit_cost IS NOT NULL
"""
CONTENT = {"default": dict, "editable": False}


def forget_foreign_costs(apps: Any, schema_editor: Any) -> None:
    """Forget them in the history too: its triggers are those of the version before."""
    with pgtrigger.ignore():
        for kind in ("quote", "order", "invoice"):
            for history in ("", "history"):
                schema_editor.execute(FORGET.format(kind=kind, history=history))


class Migration(migrations.Migration):
    dependencies = [("sales", "0012_verified_figures")]

    operations = [
        migrations.RunPython(forget_foreign_costs, migrations.RunPython.noop),
        migrations.AddField("quoteapproval", "content", models.JSONField(**CONTENT)),
        migrations.AddField("quoteapprovalhistory", "content", models.JSONField(**CONTENT)),
    ]
