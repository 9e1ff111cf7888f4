"""Keep the history of events and change orders, and have net be base less discount."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


COPY = """
INSERT INTO sales_{0}history (pgh_created_at, pgh_label, {1})
SELECT now(), 'insert', {1} FROM sales_{0}
"""
CHANGE = "id, order_id, version, difference, reason, changed_by_id, changed_by_name, changed_at"
EVENT = (
    "id, type, subject_type, subject_id, subject_number, subject_version, root_type, root_id, data, "
    "actor_kind, actor_id, actor_name, origin, causation_id, correlation_id, occurred_at"
)


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0003_rename_reasons"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("sales", "0011_customer_credit"),
    ]

    operations = [
        migrations.CreateModel(
            name="OrderChangeHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("order", models.UUIDField(db_column="order_id", null=True)),
                ("changed_by", models.UUIDField(db_column="changed_by_id", null=True)),
                ("version", models.PositiveIntegerField()),
                ("difference", models.JSONField()),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("changed_by_name", models.CharField(max_length=150)),
                ("changed_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="SalesEventHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("quote.drafted", "Quote drafted"),
                            ("quote.draft_changed", "Quote draft changed"),
                            ("quote.approval_requested", "Quote approval requested"),
                            ("quote.approved", "Quote approved"),
                            ("quote.approval_refused", "Quote approval refused"),
                            ("quote.changed", "Quote changed"),
                            ("quote.activated", "Quote activated"),
                            ("quote.revised", "Quote revised"),
                            ("quote.accepted", "Quote accepted"),
                            ("quote.closed", "Quote closed"),
                            ("order.drafted", "Order drafted"),
                            ("order.draft_changed", "Order draft changed"),
                            ("order.draft_cancelled", "Order draft cancelled"),
                            ("order.prices_locked", "Order prices locked"),
                            ("order.prices_unlocked", "Order prices unlocked"),
                            ("order.submitted", "Order submitted"),
                            ("order.changed", "Order changed"),
                            ("order.held", "Order put on hold"),
                            ("order.released", "Order released"),
                            ("order.cancelled", "Order cancelled"),
                            ("order.progressed", "Order progressed"),
                            ("shipment.recorded", "Shipment recorded"),
                            ("invoice.drafted", "Invoice drafted"),
                            ("invoice.draft_changed", "Invoice draft changed"),
                            ("invoice.draft_deleted", "Invoice draft deleted"),
                            ("invoice.issued", "Invoice issued"),
                            ("invoice.posted", "Invoice of record received"),
                            ("invoice.paid", "Payment received"),
                            ("invoice.paid_from_credit", "Paid from customer credit"),
                            ("invoice.moved_to_credit", "Moved to customer credit"),
                            ("invoice.refunded", "Payment refunded"),
                            ("invoice.written_off", "Invoice written off"),
                            ("invoice.credited", "Invoice credited"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "subject_type",
                    models.CharField(
                        choices=[("quote", "Quote"), ("order", "Order"), ("invoice", "Invoice")],
                        max_length=10,
                    ),
                ),
                ("subject_id", models.UUIDField()),
                ("subject_number", models.CharField(blank=True, max_length=30)),
                ("subject_version", models.PositiveIntegerField()),
                (
                    "root_type",
                    models.CharField(
                        choices=[("quote", "Quote"), ("order", "Order"), ("invoice", "Invoice")],
                        max_length=10,
                    ),
                ),
                (
                    "root_id",
                    models.UUIDField(help_text="The document whose lane the event travels in."),
                ),
                ("data", models.JSONField(default=dict)),
                ("actor_kind", models.CharField(max_length=10)),
                ("actor_id", models.UUIDField(null=True)),
                ("actor_name", models.CharField(max_length=150)),
                (
                    "origin",
                    models.CharField(
                        blank=True, help_text="The connection it came from.", max_length=30
                    ),
                ),
                ("causation_id", models.CharField(blank=True, max_length=80)),
                ("correlation_id", models.CharField(blank=True, max_length=80)),
                ("occurred_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "net",
                        django.db.models.expressions.CombinedExpression(
                            models.F("base"), "-", models.F("discount")
                        ),
                    )
                ),
                name="invoiceline_net_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="opportunityline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "net",
                        django.db.models.expressions.CombinedExpression(
                            models.F("base"), "-", models.F("discount")
                        ),
                    )
                ),
                name="opportunityline_net_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "net",
                        django.db.models.expressions.CombinedExpression(
                            models.F("base"), "-", models.F("discount")
                        ),
                    )
                ),
                name="orderline_net_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="quoteline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "net",
                        django.db.models.expressions.CombinedExpression(
                            models.F("base"), "-", models.F("discount")
                        ),
                    )
                ),
                name="quoteline_net_adds_up",
            ),
        ),
        migrations.AddField(
            model_name="orderchangehistory",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="saleseventhistory",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.RunSQL(COPY.format("orderchange", CHANGE), migrations.RunSQL.noop),
        migrations.RunSQL(COPY.format("salesevent", EVENT), migrations.RunSQL.noop),
    ]
