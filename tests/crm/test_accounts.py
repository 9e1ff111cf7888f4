"""Accounts and contacts of partners: created for their person here, and changed."""

from __future__ import annotations

import pytest

from common.errors import NotSetUp
from crm.custom_fields import UnknownCustomField
from crm.models import Account, Contact, CustomField
from crm.services.accounts import change_fields, create_account, create_contact
from tests.api.partner_client import partner_with
from tests.factories import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_an_account_belongs_to_the_person_of_the_partner_who_is_granted_it() -> None:
    rep = UserFactory.create()
    partner = partner_with(account_owner=rep)

    account = create_account(partner, {"name": "Brasserie Lavoisier", "billing_city": "Nantes"})

    stored = Account.objects.get()
    assert (stored.pk, stored.name, stored.billing_city) == (
        account.pk,
        "Brasserie Lavoisier",
        "Nantes",
    )
    assert stored.owner == rep
    assert list(partner.accounts.all()) == [stored]


@pytest.mark.parametrize("is_active", [None, False])
def test_no_account_is_created_without_a_person(is_active: bool | None) -> None:
    owner = None if is_active is None else UserFactory.create(is_active=is_active)

    with pytest.raises(NotSetUp, match=r"^This partner creates no accounts: an administrator"):
        create_account(partner_with(account_owner=owner), {"name": "Brasserie Lavoisier"})

    assert Account.objects.count() == 0


def test_a_change_keeps_the_custom_fields_that_are_not_sent() -> None:
    for key in ("region", "rating"):
        CustomField.objects.create(record_type="contact", key=key, label=key, kind="text")
    contact = create_contact(
        {"account": AccountFactory.create(), "last_name": "Roux", "custom": {"region": "West"}}
    )

    change_fields(contact, {"custom": {"rating": "A"}, "job_title": "Buyer"})

    stored = Contact.objects.get()
    assert (stored.job_title, stored.custom) == ("Buyer", {"region": "West", "rating": "A"})


def test_an_unknown_custom_field_is_refused_and_nothing_is_written() -> None:
    fields = {"account": AccountFactory.create(), "last_name": "Roux", "custom": {"region": "West"}}

    with pytest.raises(UnknownCustomField):
        create_contact(fields)

    assert Contact.objects.count() == 0
