from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Renames columns to what they hold; the rest is help texts and labels, not the database."""

    dependencies = [("fulfilment", "0006_roles")]

    operations = [
        migrations.RenameField("handoff", "attempts", "refusal_count"),
        migrations.RenameField("handoff", "is_taken", "is_acknowledged"),
        migrations.RenameField("shipment", "told_sequence", "report_sequence"),
        migrations.RenameField("shipmenthistory", "told_sequence", "report_sequence"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="attempt",
                    name="handoff",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempts",
                        to="fulfilment.handoff",
                    ),
                ),
                migrations.AlterField(
                    model_name="attempt",
                    name="outcome",
                    field=models.CharField(
                        choices=[
                            ("done", "Delivered"),
                            ("no_reference", "Accepted without a reference"),
                            ("found", "Found by look-up"),
                            ("not_found", "Not found by look-up"),
                            ("unreachable", "No connection"),
                            ("busy", "Asked to wait"),
                            ("refused", "Refused"),
                            ("auth_failed", "Sign-in refused"),
                            ("gone", "Gone"),
                            ("blocked", "Not sent: address not allowed"),
                            ("unknown", "Outcome unknown"),
                        ],
                        max_length=12,
                    ),
                ),
                migrations.AlterField(
                    model_name="connection",
                    name="gives_references",
                    field=models.BooleanField(
                        default=True,
                        help_text="Answers with a reference of its own, and a message can be looked up by its id.",
                    ),
                ),
                migrations.AlterField(
                    model_name="connection",
                    name="skips_refused",
                    field=models.BooleanField(
                        default=False, help_text="Continue with later handoffs when one is refused."
                    ),
                ),
                migrations.AlterField(
                    model_name="connectionhistory",
                    name="gives_references",
                    field=models.BooleanField(
                        default=True,
                        help_text="Answers with a reference of its own, and a message can be looked up by its id.",
                    ),
                ),
                migrations.AlterField(
                    model_name="connectionhistory",
                    name="skips_refused",
                    field=models.BooleanField(
                        default=False, help_text="Continue with later handoffs when one is refused."
                    ),
                ),
                migrations.AlterField(
                    model_name="handoff",
                    name="is_acknowledged",
                    field=models.BooleanField(
                        default=False, help_text="Accepted, but their reference is still missing."
                    ),
                ),
                migrations.AlterField(
                    model_name="handoff",
                    name="message_id",
                    field=models.CharField(
                        help_text="Id and idempotency key of the message.", max_length=80
                    ),
                ),
                migrations.AlterField(
                    model_name="handoff",
                    name="reference",
                    field=models.CharField(
                        blank=True,
                        help_text="The external system's reference for the document.",
                        max_length=100,
                    ),
                ),
                migrations.AlterField(
                    model_name="handoff",
                    name="refusal_count",
                    field=models.PositiveIntegerField(
                        default=0,
                        help_text="Refusals of the message; failures of the connection do not count.",
                    ),
                ),
                migrations.AlterField(
                    model_name="handoff",
                    name="resolution",
                    field=models.CharField(
                        blank=True, help_text="What a person decided, and why.", max_length=300
                    ),
                ),
                migrations.AlterField(
                    model_name="health",
                    name="in_flight_limit",
                    field=models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Limit of concurrent requests while it recovers.",
                        null=True,
                    ),
                ),
                migrations.AlterField(
                    model_name="health",
                    name="openings",
                    field=models.PositiveIntegerField(
                        default=0,
                        help_text="How often in a row the circuit breaker opened; each pause is longer.",
                    ),
                ),
                migrations.AlterField(
                    model_name="health",
                    name="window",
                    field=models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Answers of the last minute: [second, successes, failures].",
                    ),
                ),
                migrations.AlterField(
                    model_name="inboundmessage",
                    name="result",
                    field=models.CharField(
                        choices=[
                            ("applied", "Applied"),
                            ("stale", "Older than a report already applied"),
                            ("echo", "Echo of our own change"),
                            ("deferred", "Waits for its document"),
                            ("quarantined", "Needs a person"),
                            ("conflict", "Differs from ours"),
                        ],
                        max_length=12,
                    ),
                ),
                migrations.AlterField(
                    model_name="inboundmessage",
                    name="root_id",
                    field=models.UUIDField(
                        blank=True, help_text="The document that it is about.", null=True
                    ),
                ),
                migrations.AlterField(
                    model_name="lane",
                    name="is_blocked",
                    field=models.BooleanField(
                        default=False, help_text="A refused handoff needs a person."
                    ),
                ),
                migrations.AlterField(
                    model_name="secret",
                    name="purpose",
                    field=models.CharField(
                        choices=[
                            ("outbound", "Signs what we send"),
                            ("inbound", "Verifies what we receive"),
                        ],
                        max_length=10,
                    ),
                ),
                migrations.AlterField(
                    model_name="secrethistory",
                    name="purpose",
                    field=models.CharField(
                        choices=[
                            ("outbound", "Signs what we send"),
                            ("inbound", "Verifies what we receive"),
                        ],
                        max_length=10,
                    ),
                ),
                migrations.AlterField(
                    model_name="shipment",
                    name="report_sequence",
                    field=models.BigIntegerField(
                        default=0,
                        help_text="Sequence of the latest report with carrier and tracking number.",
                    ),
                ),
                migrations.AlterField(
                    model_name="shipment",
                    name="source",
                    field=models.CharField(
                        blank=True, help_text="The connection that reported it.", max_length=30
                    ),
                ),
                migrations.AlterField(
                    model_name="shipmenthistory",
                    name="report_sequence",
                    field=models.BigIntegerField(
                        default=0,
                        help_text="Sequence of the latest report with carrier and tracking number.",
                    ),
                ),
                migrations.AlterField(
                    model_name="shipmenthistory",
                    name="source",
                    field=models.CharField(
                        blank=True, help_text="The connection that reported it.", max_length=30
                    ),
                ),
            ]
        ),
    ]
