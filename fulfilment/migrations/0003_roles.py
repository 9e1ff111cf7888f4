from __future__ import annotations

from fnmatch import fnmatchcase

from django.apps import apps as real_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

from crm.roles import ROLES, grants_of


def make_roles(apps, schema_editor):
    """Make each role a group with its rights; here because this app comes last."""
    for app in ("crm", "sales", "fulfilment"):
        create_permissions(real_apps.get_app_config(app), verbosity=0)
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    every = list(
        Permission.objects.filter(
            content_type__app_label__in=["crm", "sales", "fulfilment"]
        ).values_list("pk", "content_type__app_label", "codename")
    )
    for role in ROLES:
        group, _ = Group.objects.get_or_create(name=role)
        wanted = list(grants_of(role))
        group.permissions.set(
            pk
            for pk, app, codename in every
            if any(app == a and fnmatchcase(codename, pattern) for a, pattern in wanted)
        )


class Migration(migrations.Migration):
    dependencies = [
        ("fulfilment", "0002_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
