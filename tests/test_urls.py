"""Strangers and readers, tried on every door there is."""

from __future__ import annotations

import pytest
from django.test import Client

from crm import roles
from crm.models import Lead
from sales.models import Invoice, Order, Quote
from tests.factories import LeadFactory, UserFactory
from tests.urls import NOBODY, every_url

DOORS = every_url()
OF_NOBODY = [door for door in DOORS if str(NOBODY) in door]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_asks_who_is_there(db: None, client: Client, door: str, method: str) -> None:
    response = getattr(client, method)(door)

    if response.status_code == 405:
        return
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize("door", OF_NOBODY)
@pytest.mark.parametrize("method", ["get", "post"])
def test_knows_no_record_of_another_team(db: None, client: Client, door: str, method: str) -> None:
    client.force_login(UserFactory.create(role=roles.SALES_MANAGER))

    response = getattr(client, method)(door)

    assert response.status_code in {403, 404, 405}


@pytest.mark.parametrize("door", DOORS)
def test_lets_an_auditor_change_nothing(db: None, client: Client, door: str) -> None:
    client.force_login(UserFactory.create(role=roles.AUDITOR))
    lead = LeadFactory.create()

    response = client.post(door.replace(str(NOBODY), str(lead.pk)), {"reason": "lost"})

    assert response.status_code in {403, 404, 405}
    assert Lead.objects.get(pk=lead.pk).status == Lead.Status.NEW
    assert not Quote.objects.exists()
    assert not Order.objects.exists()
    assert not Invoice.objects.exists()
