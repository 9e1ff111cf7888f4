from __future__ import annotations

from django.db import migrations, models

TEXTS = (
    ("attempt", "detail"),
    ("discrepancy", "ours"),
    ("discrepancy", "resolution"),
    ("discrepancyhistory", "ours"),
    ("discrepancyhistory", "resolution"),
    ("handoff", "cause"),
    ("handoff", "resolution"),
    ("health", "last_failure"),
    ("inboundmessage", "detail"),
    ("inboundmessage", "resolution"),
)


def parameters():
    return models.JSONField(
        blank=True,
        editable=False,
        help_text="Values of a sentence of our own, whose English template is the text.",
        null=True,
    )


class Migration(migrations.Migration):
    """Stores sentences as templates with their values; what was written before stays as it is."""

    dependencies = [("fulfilment", "0017_settings_of_connections")]
    operations = [
        migrations.AddField(table, f"{column}_parameters", parameters()) for table, column in TEXTS
    ]
