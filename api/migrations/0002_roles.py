from __future__ import annotations

from django.apps import apps as real_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

from crm.roles import ROLES, is_granted


def grant_rights(apps, schema_editor):
    """Give the roles their rights to API clients."""
    create_permissions(real_apps.get_app_config("api"), verbosity=0)
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    rights = list(
        Permission.objects.filter(content_type__app_label="api").values_list("pk", "codename")
    )
    for role in ROLES:
        granted = [pk for pk, codename in rights if is_granted(role, "api", codename)]
        if granted:
            group, _made = Group.objects.get_or_create(name=role)
            group.permissions.add(*granted)


class Migration(migrations.Migration):
    dependencies = [("api", "0001_initial"), ("fulfilment", "0028_roles")]
    operations = [migrations.RunPython(grant_rights, migrations.RunPython.noop)]
