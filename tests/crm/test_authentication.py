from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from crm import roles
from crm.authentication import OneReadBackend
from crm.models import User
from tests.factories import TeamFactory, UserFactory


@pytest.mark.parametrize("role", roles.ROLES)
def test_reads_what_a_role_may_do_and_sees(db: None, role: str) -> None:
    person = UserFactory.create(role=role)
    TeamFactory.create(parent=TeamFactory.create(parent=person.team))
    person.user_permissions.add(Permission.objects.get(codename="add_team"))

    read = OneReadBackend().get_user(person.pk)

    stored = User.objects.get(pk=person.pk)
    assert read is not None
    assert read.get_all_permissions() == stored.get_all_permissions()
    assert "crm.add_team" in read.get_all_permissions()
    assert read.role_names == stored.role_names == {role}
    assert sorted(read.visible_team_ids) == sorted(stored.visible_team_ids)


def test_reads_a_person_in_one_statement(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    person = UserFactory.create(role=roles.SALES_MANAGER)

    with django_assert_num_queries(1):
        read = OneReadBackend().get_user(person.pk)
        assert read is not None
        assert read.has_perm("sales.approve_quote")
        assert read.visible_team_ids == [person.team_id]
        assert not read.sees_everything


def test_gives_a_superuser_every_right(db: None) -> None:
    read = OneReadBackend().get_user(UserFactory.create(is_superuser=True).pk)

    assert read is not None
    assert read.has_perm("sales.delete_company")
    assert "sales.delete_company" in read.get_all_permissions()


def test_knows_nobody_who_left(db: None, client: Client) -> None:
    person = UserFactory.create()
    client.force_login(person)
    User.objects.filter(pk=person.pk).update(is_active=False)

    assert client.get("/").status_code == 302
    assert OneReadBackend().get_user(person.pk) is None
