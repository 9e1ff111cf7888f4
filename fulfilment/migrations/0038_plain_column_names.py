from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    """Renames columns to what they hold."""

    dependencies = [("fulfilment", "0037_mark_discrepancies_of_returns")]

    operations = [
        migrations.RenameField("reconcilefinding", "standing", "status"),
        migrations.RenameField("inboundmessage", "said", "validated_data"),
    ]
