from __future__ import annotations

from importlib import import_module

from django.db import migrations

make_roles = import_module("fulfilment.migrations.0003_roles").make_roles


class Migration(migrations.Migration):
    """Lets back office refund, and look at customer credit."""

    dependencies = [
        ("fulfilment", "0010_events_of_customer_credit"),
        ("sales", "0011_customer_credit"),
    ]
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
