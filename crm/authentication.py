"""Authentication backend: reads a session's user, team, roles and permissions in one statement."""

from __future__ import annotations

import uuid
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import Group, Permission
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import OuterRef, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat

from crm import roles
from crm.models import User

TEAMS_BELOW = RawSQL(
    """
    ARRAY(
        WITH RECURSIVE below(id) AS (
            SELECT crm_user.team_id
            UNION
            SELECT child.id FROM crm_team child JOIN below ON child.parent_id = below.id
        )
        SELECT id FROM below WHERE id IS NOT NULL
    )
    """,
    [],
    output_field=ArrayField(models.UUIDField()),
)


class OneReadBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth ships no types
    """Signs people in as allauth does, and reads them once per request."""

    def get_user(self, user_id: uuid.UUID) -> User | None:
        """Return the user of a session with team, roles and permissions."""
        person: User | None = _people().filter(pk=user_id).first()
        if person is None or not self.user_can_authenticate(person):
            return None
        _keep(person)
        return person


def _people() -> models.QuerySet[Any]:
    rights = Permission.objects.order_by().values_list(
        Concat("content_type__app_label", Value("."), "codename")
    )
    return User.objects.select_related("team").annotate(
        names_of_roles=ArraySubquery(Group.objects.filter(user=OuterRef("pk")).values("name")),
        own_rights=ArraySubquery(rights.filter(user=OuterRef("pk"))),
        rights_of_roles=ArraySubquery(rights.filter(group__user=OuterRef("pk"))),
        teams_below=TEAMS_BELOW,
    )


def _keep(person: Any) -> None:
    """Fill the caches that `User` and Django's `has_perm` would fill by four more statements."""
    person.role_names = frozenset(person.names_of_roles)
    if roles.SALES_MANAGER in person.role_names:
        person.visible_team_ids = person.teams_below
    if not person.is_superuser:
        person._perm_cache = {*person.own_rights, *person.rights_of_roles}
