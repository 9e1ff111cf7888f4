from __future__ import annotations

from importlib import import_module

from django.db import migrations

make_roles = import_module("fulfilment.migrations.0003_roles").make_roles


class Migration(migrations.Migration):
    """Leaves partners and approval rules to administrators: they hold limits and rights."""

    dependencies = [
        ("fulfilment", "0034_goods_billed_and_taken_back"),
    ]
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
