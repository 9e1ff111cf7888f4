from __future__ import annotations

from django.db import migrations, models

from common.data_migrations import UpdateWithHistory

TABLE = "fulfilment_discrepancy"
WAITING = f"""
UPDATE {TABLE} SET report_waits = true
FROM fulfilment_inboundmessage AS message
WHERE message.id = {TABLE}.report_id AND message.result = 'conflict'
  AND message.resolved_at IS NULL AND {TABLE}.resolved_at IS NULL
"""
"""What was opened by a report that waits for a person."""


class Migration(migrations.Migration):
    """Keeps with what is to decide whether its report waits for that, too."""

    dependencies = [
        ("fulfilment", "0030_stored_reports"),
    ]

    operations = [
        migrations.AddField(
            model_name="discrepancy",
            name="report_waits",
            field=models.BooleanField(
                default=False,
                editable=False,
                help_text="Whether the report was not taken as it is, and waits for a person too.",
            ),
        ),
        migrations.AddField(
            model_name="discrepancyhistory",
            name="report_waits",
            field=models.BooleanField(
                default=False,
                editable=False,
                help_text="Whether the report was not taken as it is, and waits for a person too.",
            ),
        ),
        UpdateWithHistory(TABLE, WAITING),
    ]
