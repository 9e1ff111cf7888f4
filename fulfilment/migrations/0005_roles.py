from __future__ import annotations

from importlib import import_module

from django.db import migrations

make_roles = import_module("fulfilment.migrations.0003_roles").make_roles


class Migration(migrations.Migration):
    """Gives each role its rights on what the apps gained since."""

    dependencies = [
        ("fulfilment", "0004_index_history_of_parts"),
        ("crm", "0002_discount_limits"),
        ("sales", "0003_instalments"),
    ]
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
