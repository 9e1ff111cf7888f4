from __future__ import annotations

import django.core.serializers.json
from django.db import migrations, models


class Migration(migrations.Migration):
    """Keeps what was validated of a report, so that the next one needs not validate it again."""

    dependencies = [
        ("fulfilment", "0029_codes_in_capitals"),
    ]

    operations = [
        migrations.AddField(
            model_name="inboundmessage",
            name="is_correction",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="inboundmessage",
            name="said",
            field=models.JSONField(
                blank=True,
                editable=False,
                encoder=django.core.serializers.json.DjangoJSONEncoder,
                help_text="What was validated of it.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="inboundmessage",
            name="schema",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text="The fingerprint of the schema by which it was validated.",
                max_length=16,
            ),
        ),
        migrations.AddIndex(
            model_name="inboundmessage",
            index=models.Index(fields=["root_id", "type", "part"], name="inbound_by_part"),
        ),
    ]
