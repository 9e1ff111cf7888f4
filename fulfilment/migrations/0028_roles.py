from __future__ import annotations

from importlib import import_module

from django.db import migrations

make_roles = import_module("fulfilment.migrations.0003_roles").make_roles


class Migration(migrations.Migration):
    """Lets back office compare the orders of a connection, and auditors look at the runs."""

    dependencies = [
        ("fulfilment", "0027_reconciliation"),
    ]
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
