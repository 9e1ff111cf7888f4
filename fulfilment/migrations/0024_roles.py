from __future__ import annotations

from importlib import import_module

from django.db import migrations

make_roles = import_module("fulfilment.migrations.0003_roles").make_roles


class Migration(migrations.Migration):
    """Lets back office map codes of other systems, and auditors look at the mappings."""

    dependencies = [
        ("fulfilment", "0023_decisions_of_conflicts"),
    ]
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
