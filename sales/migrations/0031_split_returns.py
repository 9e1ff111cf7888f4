"""Of what came back for good, and is not credited, what was to be credited by the rule of before.

That is what is billed or gone above what is ordered; the rest had not been billed.
"""

from django.db import migrations

from common.data_migrations import UpdateWithHistory

SPLIT = """
UPDATE sales_orderline SET returned_unbilled_quantity = uncredited - GREATEST(0, LEAST(
    uncredited, uncredited + billed - (sales_orderline.quantity - sales_orderline.cancelled_quantity)
))
FROM (
    SELECT id, returned_quantity - replaced_quantity - closed_returned_quantity AS uncredited,
        invoiced_quantity - credited_quantity + closed_quantity + drafted_quantity AS billed
    FROM sales_orderline
) units
WHERE units.id = sales_orderline.id AND uncredited > 0
"""


class Migration(migrations.Migration):
    dependencies = [("sales", "0030_returned_unbilled")]

    operations = [UpdateWithHistory("sales_orderline", SPLIT)]
