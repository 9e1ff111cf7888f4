from __future__ import annotations

from importlib import import_module

from django.db import migrations

make_roles = import_module("fulfilment.migrations.0003_roles").make_roles


class Migration(migrations.Migration):
    """Lets back office and auditors look at the periods in which a connection was disabled."""

    dependencies = [
        ("fulfilment", "0020_reports_of_discrepancies"),
    ]
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
