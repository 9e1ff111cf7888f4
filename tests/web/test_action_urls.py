"""URLs of actions: they act on POST, and lead to the record on GET."""

from __future__ import annotations

from urllib.parse import quote as quoted

import pytest
from django.test import Client
from django.urls import resolve, reverse

from crm import roles
from crm.models import Activity, Lead
from sales.models import Order
from tests.factories import LeadFactory, Market, UserFactory
from tests.urls import every_url
from tests.web.actions import action_urls
from tests.web.one_of_each import OneOfEach, one_of_each, shop
from tests.web.refusals import errors_shown, reason_shown
from web.record_urls import record_url

ALLOWED = "GET, HEAD, POST"


@pytest.fixture
def one(db: None) -> OneOfEach:
    market, approver = shop()
    return one_of_each(market, approver, 1)


@pytest.fixture
def clerk(db: None) -> Client:
    """Back office, who sees every record."""
    client = Client()
    client.force_login(UserFactory.create(role=roles.BACK_OFFICE))
    return client


def test_are_those_that_act_on_post_alone(one: OneOfEach, clerk: Client) -> None:
    found = {
        resolve(url).view_name for url in every_url() if clerk.put(url).get("Allow") == ALLOWED
    }

    assert found == set(action_urls(one))


def test_lead_to_the_record_on_get_and_head(one: OneOfEach, clerk: Client) -> None:
    targets = action_urls(one)
    before = [model.objects.count() for model in (Activity, Order, Lead)]

    for method in (clerk.get, clerk.head):
        answers = {name: method(url) for name, (url, _) in targets.items()}
        assert {
            name: (answer.status_code, answer["Location"]) for name, answer in answers.items()
        } == {name: (302, record_url(record)) for name, (_, record) in targets.items()}
    assert [model.objects.count() for model in (Activity, Order, Lead)] == before
    for _, record in targets.values():
        assert clerk.get(record_url(record)).status_code == 200


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_refuse_every_other_method(clerk: Client, method: str) -> None:
    lead = LeadFactory.create()

    answer = getattr(clerk, method)(reverse("crm:lead-contact", args=[lead.pk]))

    assert (answer.status_code, answer["Allow"]) == (405, ALLOWED)


def test_know_no_record_of_another_team(one: OneOfEach) -> None:
    stranger = Client()
    stranger.force_login(UserFactory.create(role=roles.SALES_MANAGER))

    answers = {name: stranger.get(url).status_code for name, (url, _) in action_urls(one).items()}

    assert answers == dict.fromkeys(answers, 404)


def test_lead_who_may_only_look_to_the_record(one: OneOfEach) -> None:
    auditor = Client()
    auditor.force_login(UserFactory.create(role=roles.AUDITOR))

    for url, record in action_urls(one).values():
        answer = auditor.get(url)
        assert (answer.status_code, answer["Location"]) == (302, record_url(record)), url
        assert auditor.post(url).status_code in {403, 404}, url


@pytest.mark.parametrize("method", ["get", "post"])
def test_lead_through_sign_in_to_the_page_above(one: OneOfEach, method: str) -> None:
    below_no_page = {"crm:activity-new", "crm:activity-done", "fulfilment:shipment-move"}

    for name, (url, record) in action_urls(one).items():
        answer = getattr(Client(), method)(url)

        after = url if name in below_no_page else record_url(record)
        expected = f"/accounts/login/?next={quoted(after)}"
        assert (answer.status_code, answer["Location"]) == (302, expected)


@pytest.mark.parametrize("url", every_url())
def test_answer_get_with_something_to_read(clerk: Client, url: str) -> None:
    assert clerk.get(url).status_code in {200, 404}


def test_show_why_nothing_was_done_on_the_records_page(one: OneOfEach, clerk: Client) -> None:
    url = reverse("sales:order-submit", args=[one.order.pk])
    version = Order.objects.get(pk=one.order.pk).version

    reason = reason_shown(clerk, clerk.post(url), one.order)

    assert reason == f"{one.order} is submitted already."
    assert Order.objects.get(pk=one.order.pk).version == version
    assert errors_shown(clerk.get(record_url(one.order))) == []


def test_of_a_theme_lead_home(client: Client, db: None) -> None:
    answer = client.get(reverse("theme"))

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert "theme" not in answer.cookies


def test_let_sign_in_end_on_the_record(client: Client, db: None) -> None:
    market = Market()
    lead = LeadFactory.create(owner=market.rep)
    market.rep.set_password("long-pull-2026")
    market.rep.save()
    asked = client.post(reverse("crm:lead-contact", args=[lead.pk]))

    answer = client.post(
        asked["Location"], {"login": market.rep.email, "password": "long-pull-2026"}
    )

    assert (answer.status_code, answer["Location"]) == (302, record_url(lead))
    assert Lead.objects.get(pk=lead.pk).status == Lead.Status.NEW
