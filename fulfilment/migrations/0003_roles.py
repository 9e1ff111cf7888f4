from __future__ import annotations

from django.apps import apps as real_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

from crm.roles import ROLES, is_granted

APPS = ("crm", "sales", "fulfilment")


def make_roles(apps, schema_editor):
    """Make each role a group with its rights; here because this app comes last."""
    for app in APPS:
        create_permissions(real_apps.get_app_config(app), verbosity=0)
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    every = list(
        Permission.objects.filter(content_type__app_label__in=APPS).values_list(
            "pk", "content_type__app_label", "codename"
        )
    )
    for role in ROLES:
        group, _ = Group.objects.get_or_create(name=role)
        others = group.permissions.exclude(content_type__app_label__in=APPS)
        granted = [pk for pk, app, codename in every if is_granted(role, app, codename)]
        group.permissions.set([*others.values_list("pk", flat=True), *granted])


class Migration(migrations.Migration):
    dependencies = [
        ("fulfilment", "0002_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
