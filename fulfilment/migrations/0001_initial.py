import common.identifiers
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("crm", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("sales", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Connection",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("code", models.SlugField(max_length=30, unique=True)),
                ("name", models.CharField(max_length=100)),
                (
                    "kind",
                    models.CharField(
                        choices=[("webhook", "Signed webhook")], default="webhook", max_length=10
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("active", "Active"),
                            ("paused", "Paused"),
                            ("auth_failed", "Sign-in refused"),
                            ("gone", "Gone"),
                            ("disabled", "Disabled"),
                        ],
                        default="active",
                        max_length=12,
                    ),
                ),
                ("url", models.URLField(max_length=500)),
                (
                    "event_types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("quote.changed", "Quote changed"),
                                ("quote.activated", "Quote activated"),
                                ("quote.revised", "Quote revised"),
                                ("quote.accepted", "Quote accepted"),
                                ("quote.closed", "Quote closed"),
                                ("order.drafted", "Order drafted"),
                                ("order.submitted", "Order submitted"),
                                ("order.changed", "Order changed"),
                                ("order.held", "Order put on hold"),
                                ("order.released", "Order released"),
                                ("order.cancelled", "Order cancelled"),
                                ("order.progressed", "Order progressed"),
                                ("shipment.recorded", "Shipment recorded"),
                                ("invoice.drafted", "Invoice drafted"),
                                ("invoice.issued", "Invoice issued"),
                                ("invoice.posted", "Invoice of record received"),
                                ("invoice.paid", "Payment received"),
                                ("invoice.credited", "Invoice credited"),
                            ],
                            max_length=30,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("payload_version", models.PositiveSmallIntegerField(default=1)),
                (
                    "deadline_seconds",
                    models.PositiveSmallIntegerField(
                        default=15,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(60),
                        ],
                    ),
                ),
                (
                    "max_in_flight",
                    models.PositiveSmallIntegerField(
                        default=16,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(64),
                        ],
                    ),
                ),
                (
                    "allowed_networks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=50),
                        blank=True,
                        default=list,
                        help_text="Private networks this connection may reach, like 10.0.0.0/8.",
                        size=None,
                    ),
                ),
                (
                    "gives_references",
                    models.BooleanField(
                        default=True,
                        help_text="Answers with its own reference and can be asked what became of a message.",
                    ),
                ),
                (
                    "skips_refused",
                    models.BooleanField(
                        default=False, help_text="Go on with later handoffs when one is refused."
                    ),
                ),
                ("config", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="InboundMessage",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("message_id", models.CharField(max_length=100)),
                ("digest", models.CharField(help_text="SHA-256 of the message.", max_length=64)),
                ("type", models.CharField(max_length=60)),
                ("subject", models.CharField(blank=True, max_length=100)),
                ("sequence", models.BigIntegerField(blank=True, null=True)),
                ("body", models.JSONField()),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("applied", "Applied"),
                            ("stale", "Older than what we know"),
                            ("echo", "Our own change coming back"),
                            ("deferred", "Waits for its document"),
                            ("quarantined", "Needs a person"),
                            ("conflict", "Differs from ours"),
                        ],
                        max_length=12,
                    ),
                ),
                ("detail", models.CharField(blank=True, max_length=500)),
                (
                    "root_id",
                    models.UUIDField(blank=True, help_text="The document it was about.", null=True),
                ),
                ("received_at", models.DateTimeField(auto_now_add=True)),
                ("give_up_at", models.DateTimeField(blank=True, null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="fulfilment.connection",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["root_id", "id"], name="inbound_by_root"),
                    models.Index(
                        condition=models.Q(("result", "deferred")),
                        fields=["subject"],
                        name="inbound_deferred",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "message_id"), name="inbound_message_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Lane",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "root_type",
                    models.CharField(
                        choices=[("quote", "Quote"), ("order", "Order"), ("invoice", "Invoice")],
                        max_length=10,
                    ),
                ),
                ("root_id", models.UUIDField()),
                ("last_position", models.PositiveIntegerField(default=0)),
                ("pending", models.PositiveIntegerField(default=0)),
                (
                    "due_at",
                    models.DateTimeField(
                        help_text="When it may be claimed; a lease pushes it ahead."
                    ),
                ),
                ("lease_token", models.UUIDField(blank=True, null=True)),
                ("is_blocked", models.BooleanField(default=False, help_text="Waits for a person.")),
                ("acked_version", models.PositiveIntegerField(default=0)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lanes",
                        to="fulfilment.connection",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_blocked", False), ("pending__gt", 0)),
                        fields=["connection", "due_at"],
                        name="lane_due",
                    ),
                    models.Index(
                        condition=models.Q(("lease_token__isnull", False)),
                        fields=["connection", "due_at"],
                        name="lane_leased",
                    ),
                    models.Index(fields=["root_id"], name="lane_by_root"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("connection", "root_id"), name="lane_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="ParcelHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("shipment", models.UUIDField(db_column="shipment_id", null=True)),
                ("tracking", models.CharField(max_length=80)),
                ("carrier", models.CharField(blank=True, max_length=60)),
                (
                    "weight_kg",
                    models.DecimalField(blank=True, decimal_places=3, max_digits=10, null=True),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Payload",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("version", models.PositiveSmallIntegerField()),
                ("body", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payloads",
                        to="sales.salesevent",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("event", "version"), name="payload_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="Handoff",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                (
                    "message_id",
                    models.CharField(help_text="The id the other side sees.", max_length=80),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("sending", "Sending"),
                            ("accepted", "Accepted"),
                            ("confirmed", "Confirmed"),
                            ("retrying", "Retrying"),
                            ("needs_attention", "Needs attention"),
                            ("unknown_outcome", "Unknown outcome"),
                            ("skipped", "Skipped"),
                            ("superseded", "Superseded"),
                        ],
                        default="queued",
                        max_length=16,
                    ),
                ),
                (
                    "attempts",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Refusals of the message itself; a dead connection costs none.",
                    ),
                ),
                (
                    "is_taken",
                    models.BooleanField(
                        default=False, help_text="They said yes; only their reference is missing."
                    ),
                ),
                (
                    "reference",
                    models.CharField(blank=True, help_text="What they called it.", max_length=100),
                ),
                (
                    "cause",
                    models.CharField(
                        blank=True, help_text="Why it is not delivered.", max_length=300
                    ),
                ),
                (
                    "resolution",
                    models.CharField(
                        blank=True, help_text="What a person decided.", max_length=300
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handoffs",
                        to="sales.salesevent",
                    ),
                ),
                (
                    "lane",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handoffs",
                        to="fulfilment.lane",
                    ),
                ),
                (
                    "payload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handoffs",
                        to="fulfilment.payload",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "permissions": [("replay_handoff", "Can replay, skip and settle handoffs")],
                "indexes": [
                    models.Index(fields=["state", "-id"], name="handoff_by_state"),
                    models.Index(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "queued",
                                    "sending",
                                    "retrying",
                                    "needs_attention",
                                    "unknown_outcome",
                                ],
                            )
                        ),
                        fields=["lane", "position"],
                        name="handoff_waiting",
                    ),
                    models.Index(fields=["message_id"], name="handoff_by_message_id"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("lane", "position"), name="handoff_position_unique"
                    ),
                    models.UniqueConstraint(
                        fields=("event", "lane"), name="handoff_event_once_per_lane"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "verb",
                    models.CharField(
                        choices=[("push", "Sent"), ("find", "Looked up")],
                        default="push",
                        max_length=4,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("done", "Delivered"),
                            ("no_reference", "Taken, but without a reference"),
                            ("found", "Found at the other side"),
                            ("not_found", "Not found at the other side"),
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
                ("url", models.CharField(blank=True, max_length=500)),
                ("status_code", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("duration_ms", models.PositiveIntegerField()),
                ("detail", models.CharField(blank=True, max_length=500)),
                ("response_head", models.TextField(blank=True)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField()),
                (
                    "handoff",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempts_made",
                        to="fulfilment.handoff",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Secret",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("outbound", "Signs what we send"),
                            ("inbound", "Checks what comes in"),
                        ],
                        max_length=10,
                    ),
                ),
                ("ciphertext", models.BinaryField()),
                ("active_from", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="secrets",
                        to="fulfilment.connection",
                    ),
                ),
            ],
            options={
                "ordering": ["-active_from"],
            },
        ),
        migrations.CreateModel(
            name="SecretHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("connection", models.UUIDField(db_column="connection_id", null=True)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("outbound", "Signs what we send"),
                            ("inbound", "Checks what comes in"),
                        ],
                        max_length=10,
                    ),
                ),
                ("active_from", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Shipment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "direction",
                    models.CharField(
                        choices=[("out", "Shipment"), ("return", "Return")],
                        default="out",
                        max_length=6,
                    ),
                ),
                ("reference", models.CharField(max_length=60)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("picked", "Picked"),
                            ("packed", "Packed"),
                            ("shipped", "Shipped"),
                            ("delivered", "Delivered"),
                            ("failed", "Failed"),
                        ],
                        default="planned",
                        max_length=10,
                    ),
                ),
                ("carrier", models.CharField(blank=True, max_length=60)),
                ("tracking", models.CharField(blank=True, max_length=80)),
                (
                    "source",
                    models.CharField(
                        blank=True, help_text="The connection that told us.", max_length=30
                    ),
                ),
                (
                    "told_sequence",
                    models.BigIntegerField(
                        default=0, help_text="The latest report that named carrier and tracking."
                    ),
                ),
                ("shipped_at", models.DateTimeField(blank=True, null=True)),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shipments",
                        to="sales.order",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "returns",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="return_shipments",
                        to="fulfilment.shipment",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("order", "reference"), name="shipment_reference_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("direction", "out"), ("returns__isnull", True)),
                            ("direction", "return"),
                            _connector="OR",
                        ),
                        name="shipment_only_returns_refer_back",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Parcel",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("tracking", models.CharField(max_length=80)),
                ("carrier", models.CharField(blank=True, max_length=60)),
                (
                    "weight_kg",
                    models.DecimalField(blank=True, decimal_places=3, max_digits=10, null=True),
                ),
                (
                    "shipment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parcels",
                        to="fulfilment.shipment",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("shipment", "tracking"), name="parcel_tracking_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ShipmentHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("order", models.UUIDField(db_column="order_id", null=True)),
                ("returns", models.UUIDField(db_column="returns_id", null=True)),
                ("recorded_by", models.UUIDField(db_column="recorded_by_id", null=True)),
                (
                    "direction",
                    models.CharField(
                        choices=[("out", "Shipment"), ("return", "Return")],
                        default="out",
                        max_length=6,
                    ),
                ),
                ("reference", models.CharField(max_length=60)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("picked", "Picked"),
                            ("packed", "Packed"),
                            ("shipped", "Shipped"),
                            ("delivered", "Delivered"),
                            ("failed", "Failed"),
                        ],
                        default="planned",
                        max_length=10,
                    ),
                ),
                ("carrier", models.CharField(blank=True, max_length=60)),
                ("tracking", models.CharField(blank=True, max_length=80)),
                (
                    "source",
                    models.CharField(
                        blank=True, help_text="The connection that told us.", max_length=30
                    ),
                ),
                (
                    "told_sequence",
                    models.BigIntegerField(
                        default=0, help_text="The latest report that named carrier and tracking."
                    ),
                ),
                ("shipped_at", models.DateTimeField(blank=True, null=True)),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ShipmentLine",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "quantity",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "order_line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shipment_lines",
                        to="sales.orderline",
                    ),
                ),
                (
                    "shipment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="fulfilment.shipment",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("shipment", "order_line"), name="shipment_line_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="shipment_line_positive"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShipmentLineHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("shipment", models.UUIDField(db_column="shipment_id", null=True)),
                ("order_line", models.UUIDField(db_column="order_line_id", null=True)),
                (
                    "quantity",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="SyncState",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("record_type", models.CharField(max_length=20)),
                ("record_id", models.UUIDField()),
                ("acked_version", models.PositiveIntegerField(default=0)),
                ("applied_sequence", models.BigIntegerField(default=0)),
                ("shadow", models.JSONField(blank=True, default=dict)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="fulfilment.connection",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "record_type", "record_id"), name="sync_state_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Health",
            fields=[
                (
                    "connection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="health",
                        serialize=False,
                        to="fulfilment.connection",
                    ),
                ),
                (
                    "breaker",
                    models.CharField(
                        choices=[
                            ("closed", "Closed"),
                            ("open", "Open"),
                            ("half_open", "Half open"),
                        ],
                        default="closed",
                        max_length=10,
                    ),
                ),
                ("failures_in_row", models.PositiveIntegerField(default=0)),
                ("successes_in_row", models.PositiveIntegerField(default=0)),
                (
                    "openings",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="How often in a row the breaker opened; each pause is longer.",
                    ),
                ),
                (
                    "not_before",
                    models.DateTimeField(
                        blank=True, help_text="Nothing is sent before this moment.", null=True
                    ),
                ),
                (
                    "in_flight_limit",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Fewer at once than allowed, while it recovers.",
                        null=True,
                    ),
                ),
                (
                    "window",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Answers of the last minute: [second, good, failed].",
                    ),
                ),
                ("last_success_at", models.DateTimeField(blank=True, null=True)),
                ("last_failure_at", models.DateTimeField(blank=True, null=True)),
                ("last_failure", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "verbose_name_plural": "health",
            },
        ),
        migrations.CreateModel(
            name="ConnectionHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("code", models.SlugField(db_index=False, max_length=30)),
                ("name", models.CharField(max_length=100)),
                (
                    "kind",
                    models.CharField(
                        choices=[("webhook", "Signed webhook")], default="webhook", max_length=10
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("active", "Active"),
                            ("paused", "Paused"),
                            ("auth_failed", "Sign-in refused"),
                            ("gone", "Gone"),
                            ("disabled", "Disabled"),
                        ],
                        default="active",
                        max_length=12,
                    ),
                ),
                ("url", models.URLField(max_length=500)),
                (
                    "event_types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("quote.changed", "Quote changed"),
                                ("quote.activated", "Quote activated"),
                                ("quote.revised", "Quote revised"),
                                ("quote.accepted", "Quote accepted"),
                                ("quote.closed", "Quote closed"),
                                ("order.drafted", "Order drafted"),
                                ("order.submitted", "Order submitted"),
                                ("order.changed", "Order changed"),
                                ("order.held", "Order put on hold"),
                                ("order.released", "Order released"),
                                ("order.cancelled", "Order cancelled"),
                                ("order.progressed", "Order progressed"),
                                ("shipment.recorded", "Shipment recorded"),
                                ("invoice.drafted", "Invoice drafted"),
                                ("invoice.issued", "Invoice issued"),
                                ("invoice.posted", "Invoice of record received"),
                                ("invoice.paid", "Payment received"),
                                ("invoice.credited", "Invoice credited"),
                            ],
                            max_length=30,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("payload_version", models.PositiveSmallIntegerField(default=1)),
                (
                    "deadline_seconds",
                    models.PositiveSmallIntegerField(
                        default=15,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(60),
                        ],
                    ),
                ),
                (
                    "max_in_flight",
                    models.PositiveSmallIntegerField(
                        default=16,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(64),
                        ],
                    ),
                ),
                (
                    "allowed_networks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=50),
                        blank=True,
                        default=list,
                        help_text="Private networks this connection may reach, like 10.0.0.0/8.",
                        size=None,
                    ),
                ),
                (
                    "gives_references",
                    models.BooleanField(
                        default=True,
                        help_text="Answers with its own reference and can be asked what became of a message.",
                    ),
                ),
                (
                    "skips_refused",
                    models.BooleanField(
                        default=False, help_text="Go on with later handoffs when one is refused."
                    ),
                ),
                ("config", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Discrepancy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("invoice_total", "Invoice total differs"),
                            ("invoice_tax", "Invoice tax differs"),
                            ("quantity", "Quantity differs"),
                            ("status", "Status differs"),
                            ("payment", "Payment does not fit"),
                            ("reference", "Reference differs"),
                            ("field", "Both sides changed a field"),
                        ],
                        max_length=15,
                    ),
                ),
                ("record_type", models.CharField(max_length=20)),
                ("record_id", models.UUIDField()),
                ("record_number", models.CharField(blank=True, max_length=30)),
                ("field", models.CharField(blank=True, max_length=60)),
                ("base", models.CharField(blank=True, max_length=200)),
                ("ours", models.CharField(max_length=200)),
                ("theirs", models.CharField(max_length=200)),
                ("difference", models.CharField(blank=True, max_length=60)),
                ("opened_at", models.DateTimeField(auto_now_add=True)),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                ("resolution", models.CharField(blank=True, max_length=300)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="discrepancies",
                        to="fulfilment.connection",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "discrepancies",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("resolved_at__isnull", True)),
                        fields=("connection", "kind", "record_id", "field"),
                        name="discrepancy_open_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DiscrepancyHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("connection", models.UUIDField(db_column="connection_id", null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("invoice_total", "Invoice total differs"),
                            ("invoice_tax", "Invoice tax differs"),
                            ("quantity", "Quantity differs"),
                            ("status", "Status differs"),
                            ("payment", "Payment does not fit"),
                            ("reference", "Reference differs"),
                            ("field", "Both sides changed a field"),
                        ],
                        max_length=15,
                    ),
                ),
                ("record_type", models.CharField(max_length=20)),
                ("record_id", models.UUIDField()),
                ("record_number", models.CharField(blank=True, max_length=30)),
                ("field", models.CharField(blank=True, max_length=60)),
                ("base", models.CharField(blank=True, max_length=200)),
                ("ours", models.CharField(max_length=200)),
                ("theirs", models.CharField(max_length=200)),
                ("difference", models.CharField(blank=True, max_length=60)),
                ("opened_at", models.DateTimeField(auto_now_add=True)),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                ("resolution", models.CharField(blank=True, max_length=300)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ExternalRef",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("record_type", models.CharField(max_length=20)),
                ("record_id", models.UUIDField()),
                ("external_id", models.CharField(max_length=100)),
                ("external_number", models.CharField(blank=True, max_length=100)),
                ("is_provisional", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refs",
                        to="fulfilment.connection",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "record_type", "record_id"),
                        name="external_ref_ours_once",
                    ),
                    models.UniqueConstraint(
                        fields=("connection", "record_type", "external_id"),
                        name="external_ref_theirs_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExternalRefHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("connection", models.UUIDField(db_column="connection_id", null=True)),
                ("record_type", models.CharField(max_length=20)),
                ("record_id", models.UUIDField()),
                ("external_id", models.CharField(max_length=100)),
                ("external_number", models.CharField(blank=True, max_length=100)),
                ("is_provisional", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
    ]
