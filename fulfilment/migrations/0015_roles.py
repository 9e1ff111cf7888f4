from __future__ import annotations

from importlib import import_module

from django.db import migrations

make_roles = import_module("fulfilment.migrations.0003_roles").make_roles


class Migration(migrations.Migration):
    """Lets sales look at the messages about their documents."""

    dependencies = [
        ("fulfilment", "0014_open_messages"),
    ]
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
