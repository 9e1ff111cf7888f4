"""Admin pages of API clients: made for a partner, with a secret that is shown once."""

from __future__ import annotations

import re

import pytest
from django.test import Client as Browser

from api.models import Client
from crm import roles
from crm.models import Partner
from tests.factories import Market, UserFactory

pytestmark = pytest.mark.django_db
ADD, LIST = "/admin/api/client/add/", "/admin/api/client/"
SECRET = re.compile(r"<code>([\w-]{64})</code>")


@pytest.fixture
def administrator() -> Browser:
    browser = Browser()
    browser.force_login(UserFactory.create(role=roles.ADMINISTRATOR))
    return browser


@pytest.fixture
def partner(market: Market) -> Partner:
    made = Partner.objects.create(name="Reseller", scopes=["orders:read"])
    made.accounts.set([market.account])
    return made


def test_shows_the_secret_of_a_new_client_once(administrator: Browser, partner: Partner) -> None:
    shown = administrator.post(ADD, {"partner": str(partner.pk)})

    client = Client.objects.get()
    [secret] = SECRET.findall(shown.content.decode())
    assert client.client_id in shown.content.decode()
    assert (client.authorization_grant_type, client.client_type) == (
        "client-credentials",
        "confidential",
    )
    assert (client.older_secret, client.older_secret_until) == ("", None)
    page = administrator.get(f"/admin/api/client/{client.pk}/change/").content.decode()
    assert secret not in page
    assert client.client_secret not in page
    answer = Browser().post(
        "/oauth/token",
        {
            "grant_type": "client_credentials",
            "client_id": client.client_id,
            "client_secret": secret,
        },
    )
    assert answer.json()["scope"] == "orders:read"


def test_rotates_and_revokes(administrator: Browser, partner: Partner) -> None:
    first = SECRET.findall(administrator.post(ADD, {"partner": str(partner.pk)}).content.decode())[
        0
    ]
    client = Client.objects.get()
    chosen = {"_selected_action": [str(client.pk)]}

    shown = administrator.post(LIST, {"action": "rotate", **chosen})
    [second] = SECRET.findall(shown.content.decode())

    assert "The secret before it works until" in shown.content.decode()
    statuses = {first: 200, second: 200}
    assert {each: token_status(client, each) for each in statuses} == statuses
    done = administrator.post(LIST, {"action": "revoke", **chosen}, follow=True)
    assert "that are not valid any more: 2." in done.content.decode()
    assert (token_status(client, first), token_status(client, second)) == (401, 200)


def token_status(client: Client, secret: str) -> int:
    form = {"grant_type": "client_credentials", "client_secret": secret}
    return Browser().post("/oauth/token", {**form, "client_id": client.client_id}).status_code


@pytest.mark.parametrize("role", [roles.BACK_OFFICE, roles.SALES_REP, roles.AUDITOR])
def test_lets_nobody_else_make_one(partner: Partner, role: str) -> None:
    browser = Browser()
    browser.force_login(UserFactory.create(role=role, is_staff=True))

    assert browser.post(ADD, {"partner": str(partner.pk)}).status_code == 403
    assert not Client.objects.exists()
