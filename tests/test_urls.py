"""Access control: every URL, requested by strangers and by users who may only read."""

from __future__ import annotations

import pytest
from django.test import Client

from crm import roles
from crm.models import Lead
from sales.models import Invoice, Order, Quote
from tests.factories import LeadFactory, UserFactory
from tests.urls import NOBODY, every_url

URLS = every_url()
OF_NOBODY = [url for url in URLS if str(NOBODY) in url]


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_asks_strangers_to_sign_in(db: None, client: Client, url: str, method: str) -> None:
    response = getattr(client, method)(url)

    if response.status_code == 405:
        return
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize("url", OF_NOBODY)
@pytest.mark.parametrize("method", ["get", "post"])
def test_knows_no_record_of_another_team(db: None, client: Client, url: str, method: str) -> None:
    client.force_login(UserFactory.create(role=roles.SALES_MANAGER))

    response = getattr(client, method)(url)

    assert response.status_code in {403, 404, 405}


@pytest.mark.parametrize("url", URLS)
def test_lets_an_auditor_change_nothing(db: None, client: Client, url: str) -> None:
    client.force_login(UserFactory.create(role=roles.AUDITOR))
    lead = LeadFactory.create()

    response = client.post(url.replace(str(NOBODY), str(lead.pk)), {"reason": "lost"})

    assert response.status_code in {403, 404, 405}
    assert Lead.objects.get(pk=lead.pk).status == Lead.Status.NEW
    assert not Quote.objects.exists()
    assert not Order.objects.exists()
    assert not Invoice.objects.exists()
