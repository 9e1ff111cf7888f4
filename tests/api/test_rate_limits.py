"""Rate limits: a bucket for each client, said in headers; without Valkey nobody is stopped."""

from __future__ import annotations

import logging
import re

import pytest
from django.test import override_settings

from api import rate_limits
from api.rate_limits import Policy
from api.views import token
from tests.api.partner_client import PartnerHttp, partner_with
from tests.factories import Market

pytestmark = pytest.mark.django_db


@pytest.fixture
def http(market: Market) -> PartnerHttp:
    return PartnerHttp(partner_with(market.account))


def test_says_how_many_requests_are_left(http: PartnerHttp) -> None:
    answer = http.get("/orders")

    assert answer["RateLimit-Policy"] == '"client";q=1000;w=10'
    assert answer["RateLimit"] == '"client";r=999;t=1'


def test_stops_a_client_that_asks_too_often_and_no_other(
    market: Market, http: PartnerHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "CLIENT", Policy("client", size=2, rate=0.01))
    other = PartnerHttp(partner_with(market.account, name="Other"))

    answers = [http.get("/orders") for _ in range(3)]

    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[2].json()["code"] == "throttled"
    assert 90 <= int(answers[2]["Retry-After"]) <= 100
    assert re.fullmatch(r'"client";r=0;t=\d+', answers[2]["RateLimit"])
    assert other.get("/orders").status_code == 200


def test_fills_up_again(http: PartnerHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "CLIENT", Policy("client", size=1, rate=1000))

    assert [http.get("/orders").status_code for _ in range(3)] == [200, 200, 200]


def test_lets_requests_through_where_there_is_no_valkey(
    http: PartnerHttp, caplog: pytest.LogCaptureFixture
) -> None:
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"), caplog.at_level(logging.ERROR):
        answer = http.get("/orders")

    assert answer.status_code == 200
    assert "RateLimit" not in answer
    assert caplog.messages == ["Requests to the API are not limited: Valkey does not answer."]


def test_stops_who_guesses_secrets(http: PartnerHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token, "SIGN_IN", Policy("guesses", size=2, rate=0.01))

    answers = [http.get_token(client_secret="wrong") for _ in range(3)]

    assert [each.status_code for each in answers] == [401, 401, 429]
    assert answers[2].json() == {
        "error": "temporarily_unavailable",
        "error_description": f"Ask again in {answers[2]['Retry-After']} s.",
    }
    assert 90 <= int(answers[2]["Retry-After"]) <= 100
