from __future__ import annotations

import pytest

from common.errors import IllegalTransition, MissingField
from crm.models import Account, Contact, Lead, Opportunity
from crm.services.leads import (
    ContactOfAnotherAccount,
    contact_lead,
    disqualify_lead,
    find_duplicates,
    qualify_lead,
    reopen_lead,
)
from tests.factories import AccountFactory, ContactFactory, LeadFactory, StageFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_qualified_lead_becomes_account_contact_and_opportunity() -> None:
    stage = StageFactory.create()
    lead = LeadFactory.create(company_name="Brasserie Lavoisier SAS", email="e@lavoisier.example")

    result = qualify_lead(lead.pk, actor=lead.owner, opportunity_name="Bar refit", currency="EUR")

    assert result.lead.status == Lead.Status.QUALIFIED
    assert (result.account.name, result.account.domain) == (
        "Brasserie Lavoisier SAS",
        "lavoisier.example",
    )
    assert (result.contact.account, result.contact.last_name) == (result.account, "Garnier")
    assert result.opportunity is not None
    assert (result.opportunity.name, result.opportunity.stage) == ("Bar refit", stage)
    assert (result.account.owner, result.account.team) == (lead.owner, lead.owner.team)


def test_a_lead_joins_the_account_the_rep_chose() -> None:
    StageFactory.create()
    contact = ContactFactory.create()
    lead = LeadFactory.create()
    result = qualify_lead(lead.pk, actor=lead.owner, contact=contact)
    assert (result.account, result.contact) == (contact.account, contact)
    assert Account.objects.count() == 1


def test_refuses_a_contact_of_somebody_else() -> None:
    contact, account, lead = ContactFactory.create(), AccountFactory.create(), LeadFactory.create()
    with pytest.raises(ContactOfAnotherAccount, match="belongs to"):
        qualify_lead(lead.pk, actor=lead.owner, contact=contact, account=account)
    lead.refresh_from_db()
    assert lead.status == Lead.Status.NEW
    assert not Opportunity.objects.exists()


def test_qualifying_twice_is_refused_and_makes_nothing_more() -> None:
    StageFactory.create()
    lead = LeadFactory.create()
    qualify_lead(lead.pk, actor=lead.owner)
    with pytest.raises(IllegalTransition, match="is qualified"):
        qualify_lead(lead.pk, actor=lead.owner)
    assert Account.objects.count() == Contact.objects.count() == Opportunity.objects.count() == 1


def test_a_reopened_lead_keeps_its_opportunity() -> None:
    StageFactory.create()
    lead = LeadFactory.create()
    first = qualify_lead(lead.pk, actor=lead.owner)
    reopen_lead(lead.pk, actor=lead.owner)
    again = qualify_lead(lead.pk, actor=lead.owner, account=first.account)
    assert again.opportunity == first.opportunity
    assert again.contact == first.contact


def test_a_disqualified_lead_says_why_and_can_be_reopened() -> None:
    lead = LeadFactory.create()
    contact_lead(lead.pk, actor=lead.owner)
    with pytest.raises(MissingField, match="Choose why the lead is disqualified"):
        disqualify_lead(lead.pk, actor=lead.owner, reason="bored")
    assert disqualify_lead(lead.pk, actor=lead.owner, reason="lost").disqualified_reason == "lost"
    reopened = reopen_lead(lead.pk, actor=lead.owner)
    assert (reopened.status, reopened.disqualified_reason) == ("contacted", "")


@pytest.mark.parametrize(
    ("_case", "account", "lead"),
    [
        ("name", {"name": "Brasserie Lavoisier"}, {"company_name": "BRASSERIE LAVOISIER S.A.S."}),
        ("alike", {"name": "Brasserie Lavoisier"}, {"company_name": "Brasserie Lavoisié"}),
        ("domain", {"domain": "lavoisier.example"}, {"email": "x@lavoisier.example"}),
        ("phone", {"phone": "+33240123456"}, {"phone": "+33240123456"}),
    ],
)
def test_finds_the_same_company(_case: str, account: dict[str, str], lead: dict[str, str]) -> None:
    rep = UserFactory.create()
    known = AccountFactory.create(owner=rep, **account)
    AccountFactory.create(owner=rep, name="Halden Robotics AS")
    found = find_duplicates(LeadFactory.create(owner=rep, **lead), actor=rep)
    assert found.accounts == [known]


def test_finds_the_same_person_but_not_behind_a_free_mail_domain() -> None:
    rep = UserFactory.create()
    contact = ContactFactory.create(account__owner=rep, email="Emile@gmail.com")
    AccountFactory.create(owner=rep, email="other@gmail.com")
    lead = LeadFactory.create(owner=rep, email="emile@gmail.com", company_name="")
    found = find_duplicates(lead, actor=rep)
    assert (found.accounts, found.contacts) == ([], [contact])


def test_does_not_show_a_stranger_whom_others_know() -> None:
    AccountFactory.create(name="Brasserie Lavoisier")
    lead = LeadFactory.create(company_name="Brasserie Lavoisier")
    assert find_duplicates(lead, actor=lead.owner).accounts == []
