from django.db import migrations, models

HOLD_LANES = """
UPDATE fulfilment_handoff AS handoff SET holds_lane = true
FROM (
    SELECT DISTINCT ON (refused.lane_id) refused.id
    FROM fulfilment_handoff AS refused JOIN fulfilment_lane AS lane ON lane.id = refused.lane_id
    WHERE lane.is_blocked AND refused.state = 'needs_attention'
    ORDER BY refused.lane_id, refused.position DESC
) AS last
WHERE handoff.id = last.id
"""


class Migration(migrations.Migration):
    """Marks the handoff that holds up a lane; the last one refused, since none was sent after it."""

    dependencies = [
        ("fulfilment", "0015_roles"),
    ]

    operations = [
        migrations.AddField(
            model_name="handoff",
            name="holds_lane",
            field=models.BooleanField(
                default=False,
                help_text="Refused, and later handoffs of its lane wait for a person.",
            ),
        ),
        migrations.AlterField(
            model_name="lane",
            name="is_blocked",
            field=models.BooleanField(
                default=False, help_text="The next handoff was refused and needs a person."
            ),
        ),
        migrations.RunSQL(HOLD_LANES, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="handoff",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("holds_lane", False), ("state", "needs_attention"), _connector="OR"
                ),
                name="handoff_holds_lane_when_refused",
            ),
        ),
    ]
