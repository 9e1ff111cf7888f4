"""Visibility: records as owners, teams, managers, back office, partners and strangers see them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from crm import roles
from crm.models import Account, Contact, Partner
from tests.factories import AccountFactory, ContactFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_rep_sees_their_own_and_their_teams_records() -> None:
    team = TeamFactory.create()
    ines, marc = UserFactory.create(team=team), UserFactory.create(team=team)
    mine, teams = AccountFactory.create(owner=ines), AccountFactory.create(owner=marc)
    AccountFactory.create()
    assert set(Account.objects.visible_to(ines)) == {mine, teams}


def test_a_manager_also_sees_the_teams_below() -> None:
    north = TeamFactory.create()
    nantes = TeamFactory.create(parent=TeamFactory.create(parent=north))
    below = AccountFactory.create(owner=UserFactory.create(team=nantes))
    manager = UserFactory.create(team=north, role=roles.SALES_MANAGER)
    assert list(Account.objects.visible_to(manager)) == [below]
    assert not Account.objects.visible_to(UserFactory.create(team=north)).exists()


@pytest.mark.parametrize("role", [roles.BACK_OFFICE, roles.AUDITOR, roles.ADMINISTRATOR])
def test_back_office_auditors_and_administrators_see_all(role: str) -> None:
    AccountFactory.create()
    assert Account.objects.visible_to(UserFactory.create(role=role)).count() == 1


def test_a_partner_sees_only_the_accounts_granted() -> None:
    granted = AccountFactory.create()
    ContactFactory.create()
    contact = ContactFactory.create(account=granted)
    partner = Partner.objects.create(name="Shop")
    partner.accounts.add(granted)
    assert list(Account.objects.visible_to(partner)) == [granted]
    assert list(Contact.objects.visible_to(partner)) == [contact]
    partner.is_active = False
    assert not Account.objects.visible_to(partner).exists()


def test_strangers_see_nothing() -> None:
    AccountFactory.create()
    gone = UserFactory.create(is_active=False, role=roles.ADMINISTRATOR)
    for nobody in (None, AnonymousUser(), gone, UserFactory.create(team=None)):
        assert not Account.objects.visible_to(nobody).exists()
