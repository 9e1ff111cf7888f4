from __future__ import annotations

import sys

import django.contrib.postgres.fields
import fulfilment.addresses
import fulfilment.routes
import pgtrigger
from django.conf import settings
from django.db import migrations, models

TABLES = ("connection", "connectionhistory")


def name_networks(apps, schema_editor):
    """Say which networks connections were allowed that the environment does not allow yet."""
    allowed = apps.get_model("fulfilment", "Connection").objects.values_list(
        "allowed_networks", flat=True
    )
    missing = sorted({each for one in allowed for each in one} - set(settings.OUTBOUND_NETWORKS))
    if missing:
        sys.stderr.write(
            "throughline: connections were allowed private networks, which only the environment "
            f"does now; if they still need them, set OUTBOUND_NETWORKS={','.join(missing)}\n"
        )


def allow_networks(apps, schema_editor):
    """Allow every connection what the environment allows."""
    connections = apps.get_model("fulfilment", "Connection").objects
    with pgtrigger.ignore():  # triggers are of the code, and do not name this column
        connections.update(allowed_networks=list(settings.OUTBOUND_NETWORKS))


FILL_DUTIES = """
UPDATE fulfilment_connection AS connection SET reports_as = ARRAY(
    SELECT duty FROM unnest('{warehouse,erp}'::text[], '{order.,invoice.}'::text[])
        AS known (duty, receives)
    WHERE EXISTS (
        SELECT FROM fulfilment_inboundmessage AS message
        WHERE message.connection_id = connection.id AND starts_with(message.type, duty || '.')
    ) OR EXISTS (SELECT FROM unnest(connection.event_types) AS type WHERE starts_with(type, receives))
)
"""
"""A connection goes on with what it has reported, or can report by what it receives."""


def fill_duties(apps, schema_editor):
    """Let every connection report what it has reported until now."""
    with pgtrigger.ignore(), schema_editor.connection.cursor() as cursor:
        cursor.execute(FILL_DUTIES)
        cursor.execute(
            "UPDATE fulfilment_connectionhistory AS history SET reports_as = now.reports_as "
            "FROM fulfilment_connection AS now WHERE now.id = history.id"
        )


def take_over_look_ups(apps, schema_editor):
    """Look up where messages were looked up until now."""
    with pgtrigger.ignore():
        for table in TABLES:
            rows = apps.get_model("fulfilment", table).objects
            rows.update(answers_look_ups=models.F("gives_references"))


def gives_references():
    return models.BooleanField(
        default=True,
        help_text="Answers what opens a record, an order or an invoice, with its reference.",
    )


def answers_look_ups():
    return models.BooleanField(
        default=True,
        help_text="Says by GET {URL}/{id} whether a message arrived, when its answer was lost.",
        verbose_name="answers look-ups",
    )


def reports_as():
    return django.contrib.postgres.fields.ArrayField(
        models.CharField(
            choices=[
                ("warehouse", "Warehouse: progress, shipments and returns of orders"),
                ("erp", "ERP: invoices of record, credit notes and payments"),
            ],
            max_length=20,
        ),
        blank=True,
        default=list,
        help_text="What it does for us: other reports of it are not applied.",
    )


def event_types():
    return django.contrib.postgres.fields.ArrayField(
        models.CharField(choices=fulfilment.routes.sent_event_types, max_length=30),
        blank=True,
        default=list,
        help_text="What it is sent, by the names of docs/asyncapi.yaml.",
    )


def url():
    return models.CharField(
        help_text="Where messages are posted to, such as https://erp.example.com/hooks.",
        max_length=500,
        validators=[fulfilment.addresses.check_url],
        verbose_name="URL",
    )


class Migration(migrations.Migration):
    """Moves private networks to the environment, and limits what connections report."""

    dependencies = [("fulfilment", "0016_held_lanes")]
    operations = [
        migrations.RunPython(name_networks, allow_networks),
        *(migrations.RemoveField(table, "allowed_networks") for table in TABLES),
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
                    ("unsigned", "Not sent: no secret to sign with"),
                    ("unknown", "Outcome unknown"),
                ],
                max_length=12,
            ),
        ),
        *(migrations.AddField(table, "reports_as", reports_as()) for table in TABLES),
        *(migrations.AddField(table, "answers_look_ups", answers_look_ups()) for table in TABLES),
        migrations.RunPython(fill_duties, migrations.RunPython.noop),
        migrations.RunPython(take_over_look_ups, migrations.RunPython.noop),
        *(migrations.AlterField(table, "gives_references", gives_references()) for table in TABLES),
        *(migrations.AlterField(table, "event_types", event_types()) for table in TABLES),
        *(migrations.AlterField(table, "url", url()) for table in TABLES),
    ]
