"""Of what was credited for good and what came back, as much as can be are the same units."""

from django.db import migrations

from common.data_migrations import UpdateWithHistory

MATCH = """
UPDATE sales_orderline SET closed_returned_quantity = LEAST(
    closed_quantity - closed_unshipped_quantity, returned_quantity - replaced_quantity)
WHERE closed_quantity > closed_unshipped_quantity AND returned_quantity > replaced_quantity
"""


class Migration(migrations.Migration):
    dependencies = [("sales", "0027_closed_returns")]

    operations = [UpdateWithHistory("sales_orderline", MATCH)]
