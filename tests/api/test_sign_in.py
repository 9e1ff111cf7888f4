"""Sign-in of programs: client credentials, scopes, rotation, revocation."""

from __future__ import annotations

import base64
import datetime as dt

import pytest
import time_machine
from django.utils import timezone
from oauth2_provider.models import get_access_token_model

from api.clients import revoke_old, rotate_secret
from api.models import Client
from crm.models import Partner
from tests.api.partner_client import SECRET, PartnerHttp, partner_with
from tests.factories import Market

pytestmark = pytest.mark.django_db


@pytest.fixture
def http(market: Market) -> PartnerHttp:
    return PartnerHttp(partner_with(market.account))


def test_gives_a_token_for_an_hour_and_stores_only_its_hash(http: PartnerHttp) -> None:
    answer = http.get_token()

    body = answer.json()
    assert (answer.status_code, body["token_type"], body["expires_in"]) == (200, "Bearer", 3600)
    assert set(body["scope"].split()) == set(Partner.Scope.values)
    stored = get_access_token_model().objects.order_by("pk").last()
    assert stored is not None
    assert stored.token == ""
    assert len(stored.token_checksum) == 64
    client = Client.objects.get()
    assert client.client_secret != SECRET
    assert client.last_used_at is not None


def test_takes_the_secret_in_the_authorization_header(http: PartnerHttp) -> None:
    pair = f"{http.partner.client.client_id}:{SECRET}".encode()

    answer = http.http.post(
        "/oauth/token",
        {"grant_type": "client_credentials"},
        headers={"Authorization": f"Basic {base64.b64encode(pair).decode()}"},
    )

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "everything"}, 400, "invalid_scope"),
    ],
)
def test_refuses_wrong_credentials_in_the_words_of_oauth(
    http: PartnerHttp, fields: dict[str, str], status: int, error: str
) -> None:
    answer = http.get_token(**fields)

    assert (answer.status_code, answer.json()["error"]) == (status, error)


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer nonsense", "Basic abc", "bearer \x7f"])
def test_answers_401_without_a_valid_token(http: PartnerHttp, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}

    answer = http.http.get("/api/v1/orders", headers=headers)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer["Content-Type"] == "application/problem+json"


def test_ends_with_the_hour_the_partner_and_the_revocation(http: PartnerHttp) -> None:
    assert http.get("/orders").status_code == 200
    with time_machine.travel(timezone.now() + dt.timedelta(seconds=3601)):
        assert http.get("/orders").json()["code"] == "invalid_token"

    Partner.objects.update(is_active=False)
    assert http.get("/orders").json()["code"] == "invalid_token"
    assert http.get_token().status_code == 401
    Partner.objects.update(is_active=True)
    assert http.get("/orders").status_code == 200

    assert revoke_old(Client.objects.get()) == 1
    assert http.get("/orders").json()["code"] == "invalid_token"


def test_ends_a_token_that_its_program_revokes(http: PartnerHttp) -> None:
    form = {"client_id": http.partner.client.client_id, "client_secret": SECRET}

    assert http.http.post("/oauth/revoke", {"token": http.token, **form}).status_code == 200

    assert http.get("/orders").status_code == 401


def test_keeps_two_secrets_for_a_day_and_revokes_the_older_at_once(http: PartnerHttp) -> None:
    newer = rotate_secret(Client.objects.get())

    assert http.get_token().status_code == 200
    assert http.get_token(client_secret=newer).status_code == 200
    with time_machine.travel(timezone.now() + dt.timedelta(hours=24, seconds=1)):
        assert http.get_token().status_code == 401
        assert http.get_token(client_secret=newer).status_code == 200

    revoke_old(Client.objects.get())
    assert http.get_token().status_code == 401
    assert http.get_token(client_secret=newer).status_code == 200


def test_names_the_scope_that_is_missing(market: Market) -> None:
    http = PartnerHttp(partner_with(market.account, scopes=["orders:read"]))

    answer = http.get("/invoices")

    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    assert answer.json()["detail"] == (
        "The scope invoices:read is needed; this token has: orders:read."
    )


def test_gives_fewer_scopes_when_asked_and_follows_what_the_partner_lost(
    market: Market,
) -> None:
    http = PartnerHttp(partner_with(market.account))
    http.token = http.get_token(scope="orders:read catalogue:read").json()["access_token"]
    assert http.get("/orders").status_code == 200
    assert http.get("/invoices").status_code == 403

    Partner.objects.update(scopes=["catalogue:read"])

    assert http.get("/orders").status_code == 403
    assert http.get("/products").status_code == 200
