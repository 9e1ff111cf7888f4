from __future__ import annotations

from importlib import import_module

from django.db import migrations

make_roles = import_module("fulfilment.migrations.0003_roles").make_roles


class Migration(migrations.Migration):
    """Takes users and teams from back office, who may open the admin from now on."""

    dependencies = [
        ("fulfilment", "0005_roles"),
        ("crm", "0003_rename_reasons"),
        ("sales", "0005_rename_reasons"),
    ]
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
