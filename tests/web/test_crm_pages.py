from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.models import Account, Activity, Contact, Lead, Opportunity, User
from tests.factories import (
    AccountFactory,
    ContactFactory,
    LeadFactory,
    OpportunityFactory,
    StageFactory,
    UserFactory,
)
from tests.web.refusals import errors_shown, reason_shown
from web.record_urls import record_url


@pytest.fixture
def rep(db: None, client: Client) -> User:
    """A rep who has signed in."""
    user: User = UserFactory.create()
    client.force_login(user)
    return user


def new_lead(**values: str) -> dict[str, str]:
    return {
        "new_id": str(uuid.uuid4()),
        "topic": "Second bar",
        "last_name": "Garnier",
        "source": "web",
        **values,
    }


def statements(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_makes_a_lead_of_whoever_asks(rep: User, client: Client) -> None:
    response = client.post("/leads/new/", new_lead(owner=str(rep.pk), phone="+33 1 40 00 00 00"))

    lead = Lead.objects.get()
    assert response["Location"] == record_url(lead)
    assert (lead.topic, lead.owner, lead.team) == ("Second bar", rep, rep.team)


def test_makes_one_lead_of_the_same_form_sent_twice(rep: User, client: Client) -> None:
    form = new_lead(owner=str(rep.pk))

    first = client.post("/leads/new/", form)
    second = client.post("/leads/new/", form)

    assert Lead.objects.count() == 1
    assert first["Location"] == second["Location"]


def test_keeps_what_was_typed_when_it_is_refused(rep: User, client: Client) -> None:
    response = client.post("/leads/new/", new_lead(owner=str(rep.pk), email="not an address"))

    assert response.status_code == 422
    assert not Lead.objects.exists()
    page = response.content.decode()
    assert 'value="not an address"' in page
    assert "E-mail address is written like name@example.com: correct it." in page
    assert 'aria-invalid="true"' in page


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        (
            "phone",
            "01 23 45 67 89",
            "Phone is a number with its country code: enter it such as +33 2 40 20 10 10.",
        ),
        (
            "owner",
            "-1",
            "Owner cannot be what was chosen, which is not offered: choose another.",
        ),
    ],
)
def test_says_what_is_wrong_with_a_field(
    rep: User, client: Client, field: str, typed: str, sentence: str
) -> None:
    values = {"owner": str(rep.pk), field: typed}

    response = client.post("/leads/new/", new_lead(**values))

    assert response.status_code == 422
    assert response.context["form"].errors == {field: [sentence]}


def test_warns_the_second_of_two_editors(rep: User, client: Client) -> None:
    lead = LeadFactory.create(owner=rep, company_name="Café Un")
    address = reverse("crm:lead-edit", args=[lead.pk])
    seen = client.get(address).context["seen"]
    Lead.objects.filter(pk=lead.pk).update(
        company_name="Café Deux", updated_at=lead.updated_at + dt.timedelta(seconds=1)
    )
    mine = new_lead(owner=str(rep.pk), company_name="Café Trois", seen=seen)

    refused = client.post(address, mine)

    assert refused.status_code == 409
    assert "Company: Café Deux" in refused.context["problem"]
    assert Lead.objects.get().company_name == "Café Deux"

    client.post(address, {**mine, "seen": refused.context["seen"]})
    assert Lead.objects.get().company_name == "Café Trois"


def test_does_not_edit_a_closed_lead(rep: User, client: Client) -> None:
    lead = LeadFactory.create(owner=rep, status="disqualified", disqualified_reason="lost")

    response = client.post(reverse("crm:lead-edit", args=[lead.pk]), new_lead(owner=str(rep.pk)))

    assert response["Location"] == record_url(lead)
    assert Lead.objects.get().topic == "Espresso bar refit"


def test_qualifies_into_new_records(rep: User, client: Client) -> None:
    StageFactory.create()
    lead = LeadFactory.create(owner=rep, company_name="Café Neuf")
    address = reverse("crm:lead-qualify", args=[lead.pk])
    assert "New account: Café Neuf" in client.get(address).content.decode()

    response = client.post(
        address, {"with_opportunity": "on", "opportunity_name": "Refit", "currency": "CHF"}
    )

    opportunity = Opportunity.objects.get()
    assert response["Location"] == record_url(opportunity)
    assert (opportunity.name, opportunity.currency) == ("Refit", "CHF")
    assert opportunity.account.name == "Café Neuf"


def test_offers_the_account_a_lead_may_already_be(rep: User, client: Client) -> None:
    StageFactory.create()
    known = AccountFactory.create(owner=rep, name="Café Neuf S.A.S.")
    lead = LeadFactory.create(owner=rep, company_name="café neuf")

    client.post(
        reverse("crm:lead-qualify", args=[lead.pk]), {"account": known.pk, "currency": "EUR"}
    )

    assert list(Account.objects.all()) == [known]
    assert Contact.objects.get().account == known
    assert not Opportunity.objects.exists()


def test_does_not_offer_accounts_of_other_teams(rep: User, client: Client) -> None:
    strange = AccountFactory.create(name="Café Neuf")
    lead = LeadFactory.create(owner=rep, company_name="Café Neuf")

    response = client.post(
        reverse("crm:lead-qualify", args=[lead.pk]), {"account": strange.pk, "currency": "EUR"}
    )

    assert response.status_code == 422
    assert Lead.objects.get().status == Lead.Status.NEW


def test_asks_why_before_it_disqualifies(rep: User, client: Client) -> None:
    lead = LeadFactory.create(owner=rep)
    address = reverse("crm:lead-disqualify", args=[lead.pk])

    assert client.post(address, {"reason": ""}).status_code == 422
    assert Lead.objects.get().status == Lead.Status.NEW

    client.post(address, {"reason": "cannot_contact"})
    assert Lead.objects.get().disqualified_reason == "cannot_contact"


def test_shows_the_reason_of_a_refused_action(rep: User, client: Client) -> None:
    lead = LeadFactory.create(owner=rep, status="contacted")

    response = client.post(reverse("crm:lead-contact", args=[lead.pk]))

    assert reason_shown(client, response, lead) == f"{lead} is contacted already."
    assert Lead.objects.get(pk=lead.pk).status == Lead.Status.CONTACTED


def test_turns_pages_without_skipping_or_repeating(rep: User, client: Client) -> None:
    leads = [LeadFactory.create(owner=rep, topic=f"Lead {n:02d}") for n in range(60)]

    first = client.get("/leads/?status=new")
    second = client.get(f"/leads/{first.context['older_url']}")

    shown = [row.placed[0][0] for page in (first, second) for row in page.context["rows"]]
    assert shown == [lead.topic for lead in reversed(leads)]
    assert len(first.context["rows"]) == 50
    assert second.context["older_url"] == ""
    assert "60 records" in second.content.decode()


def test_turns_pages_by_name_and_id(rep: User, client: Client) -> None:
    for n in range(60):
        AccountFactory.create(owner=rep, name=f"Brasserie {n // 20}")

    first = client.get("/accounts/")
    second = client.get(f"/accounts/{first.context['older_url']}")

    urls = [row.url for page in (first, second) for row in page.context["rows"]]
    assert len(urls) == len(set(urls)) == 60


def test_filters_and_says_when_nothing_matches(rep: User, client: Client) -> None:
    LeadFactory.create(owner=rep, topic="Rooftop bar")

    assert len(client.get("/leads/?text=rooftop").context["rows"]) == 1
    nothing = client.get("/leads/?text=cellar")
    assert nothing.context["rows"] == []
    assert "Nothing matches" in nothing.content.decode()
    assert client.get("/leads/?status=nonsense").context["rows"] == []


def test_lists_only_what_the_team_may_see(rep: User, client: Client) -> None:
    LeadFactory.create()
    colleague = UserFactory.create(team=rep.team)
    shared = LeadFactory.create(owner=colleague)

    [row] = client.get("/leads/").context["rows"]

    assert row.url == record_url(shared)


def test_never_adds_up_different_currencies(rep: User, client: Client) -> None:
    account = AccountFactory.create(owner=rep)
    for currency, revenue in (("EUR", "10"), ("EUR", "5.50"), ("JPY", "1000")):
        OpportunityFactory.create(account=account, currency=currency, expected_revenue=revenue)

    assert client.get("/opportunities/").context["sums"] == ["€15.50", "JP¥1,000"]


@pytest.mark.parametrize("page", ["/leads/", "/opportunities/", "/accounts/", "/contacts/"])
def test_needs_the_same_statements_for_one_row_or_many(
    rep: User, client: Client, page: str
) -> None:
    def fill() -> None:
        account = AccountFactory.create(owner=rep)
        ContactFactory.create(account=account)
        OpportunityFactory.create(account=account)
        LeadFactory.create(owner=rep)

    fill()
    client.get(page)
    few = statements(client, page)
    for _ in range(8):
        fill()

    assert statements(client, page) == few


def test_keeps_notes_and_tasks_around_a_record(rep: User, client: Client) -> None:
    lead = LeadFactory.create(owner=rep)
    address = reverse("crm:activity-new", args=["crm", "lead", lead.pk])

    client.post(address, {"kind": "task", "text": "Call Émile", "due_on": "2026-11-30"})

    task = Activity.objects.get()
    assert (task.subject, task.author, task.due_on) == (lead, rep, dt.date(2026, 11, 30))
    assert "Call Émile" in client.get(record_url(lead)).content.decode()

    client.post(reverse("crm:activity-done", args=[task.pk]))
    client.post(reverse("crm:activity-done", args=[task.pk]))
    task.refresh_from_db()
    assert task.done_at is not None


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"kind": "note", "text": " "}, "Write the note first."),
        (
            {"kind": "task", "text": "Call", "due_on": "soon"},
            "Due on is not a date: enter one, such as 2026-11-22.",
        ),
    ],
)
def test_says_why_nothing_is_noted(
    rep: User, client: Client, typed: dict[str, str], reason: str
) -> None:
    lead = LeadFactory.create(owner=rep)

    refused = client.post(reverse("crm:activity-new", args=["crm", "lead", lead.pk]), typed)

    assert refused["Location"] == f"{record_url(lead)}#activity"
    assert errors_shown(client.get(refused["Location"])) == [reason]
    assert not Activity.objects.exists()


def test_refuses_notes_on_things_that_have_no_owner(rep: User, client: Client) -> None:
    response = client.post(
        reverse("crm:activity-new", args=["crm", "user", rep.pk]), {"kind": "note", "text": "x"}
    )

    assert response.status_code == 404
    assert not Activity.objects.exists()


def test_answers_a_dialog_with_its_form_alone(rep: User, client: Client) -> None:
    lead = LeadFactory.create(owner=rep)
    address = reverse("crm:lead-disqualify", args=[lead.pk])

    form = client.get(address, headers={"HX-Request": "true"}).content.decode()
    done = client.post(address, {"reason": "lost"}, headers={"HX-Request": "true"})

    assert "<html" not in form
    assert f'hx-post="{address}"' in form
    assert done["HX-Redirect"] == record_url(lead)
