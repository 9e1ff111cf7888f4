"""Quotes of partners: created with lines, activated, revised, accepted and declined."""

from __future__ import annotations

from typing import Any

import pytest

from sales.models import Order, Quote
from tests.api.partner_client import PartnerHttp, partner_with
from tests.factories import Market

pytestmark = pytest.mark.django_db


@pytest.fixture
def http(market: Market) -> PartnerHttp:
    return PartnerHttp(partner_with(market.account))


@pytest.fixture
def quote(market: Market, http: PartnerHttp) -> Any:
    """The answer to a new quote of one product and one option."""
    product = market.product("19.99", sku="MUG")
    lines = [
        {"product": str(product.pk), "quantity": "2"},
        {"product": str(product.pk), "quantity": "1", "is_optional": True},
    ]
    body = {"name": "Bar refit", "account": str(market.account.pk), "currency": "EUR"}
    return http.post("/quotes", {**body, "lines": lines})


def test_makes_a_quote_with_its_lines_in_one_version(http: PartnerHttp, quote: Any) -> None:
    body = quote.json()

    assert quote.status_code == 201, quote.content
    assert (body["status"], body["version"], body["number"]) == ("draft", 1, None)
    assert [line["is_optional"] for line in body["lines"]] == [False, True]
    assert (quote["ETag"], quote["Location"]) == ('"1"', f"/api/v1/quotes/{body['id']}")
    assert http.get(f"/quotes/{body['id']}").json()["lines"] == body["lines"]


def test_leads_a_quote_to_its_order(http: PartnerHttp, quote: Any) -> None:
    path = f"/quotes/{quote.json()['id']}"

    active = http.post(f"{path}/activate", If_Match=quote["ETag"])
    accepted = http.post(f"{path}/accept", {"name": "É. Garnier"}, If_Match=active["ETag"])

    assert (active.status_code, active.json()["revision"]) == (200, 1)
    assert accepted.status_code == 201, accepted.content
    order = Order.objects.get()
    assert accepted["Location"] == f"/api/v1/orders/{order.pk}"
    assert accepted.json()["trace"]["quote"] == quote.json()["id"]
    stored = Quote.objects.get()
    assert (stored.status, stored.accepted_by_name) == ("won", "É. Garnier")


def test_revises_an_active_quote(http: PartnerHttp, quote: Any) -> None:
    path = f"/quotes/{quote.json()['id']}"
    active = http.post(f"{path}/activate", If_Match=quote["ETag"])

    revised = http.post(f"{path}/revise", If_Match=active["ETag"])

    assert (revised.status_code, revised.json()["status"]) == (201, "draft")
    assert revised.json()["revises"] == quote.json()["id"]
    assert http.get(path).json()["status"] == "superseded"


def test_declines_with_a_reason(http: PartnerHttp, quote: Any) -> None:
    path = f"/quotes/{quote.json()['id']}"
    active = http.post(f"{path}/activate", If_Match=quote["ETag"])

    wrong = http.post(f"{path}/decline", {"reason": "mood"}, If_Match=active["ETag"])
    declined = http.post(f"{path}/decline", If_Match=active["ETag"])

    assert wrong.json()["errors"][0]["pointer"] == "/reason"
    assert (declined.json()["status"], declined.json()["closed_reason"]) == ("lost", "declined")


def test_refuses_what_the_status_does_not_allow(http: PartnerHttp, quote: Any) -> None:
    answer = http.post(f"/quotes/{quote.json()['id']}/revise", If_Match=quote["ETag"])

    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_state")
    assert Quote.objects.count() == 1
