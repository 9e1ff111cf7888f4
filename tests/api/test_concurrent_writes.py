"""Writes at once: one idempotency key sent many times makes one order, a deadlock is run again."""

from __future__ import annotations

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django.live_server_helper import LiveServer
from pytest_httpserver import HTTPServer

from common import transactions
from fulfilment.models import Connection, Lane, Secret
from sales.models import Order, SalesEvent
from tests.api.partner_client import PartnerHttp, partner_with
from tests.deadlocks import planted_deadlock
from tests.factories import Market
from tests.fulfilment.conftest import connect, submitted_order

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 8


def send_at_once(
    live_server: LiveServer, partner: PartnerHttp, path: str, body: Any
) -> list[tuple[int, bytes]]:
    """Send a request eight times at once with one key, each until its answer is final."""
    headers = {
        "Authorization": f"Bearer {partner.token}",
        "Content-Type": "application/json",
        "Idempotency-Key": "one",
    }

    def send(_number: int) -> tuple[int, bytes]:
        while True:
            there = http.client.HTTPConnection(urlsplit(live_server.url).netloc, timeout=30)
            there.request("POST", f"/api/v1{path}", json.dumps(body), headers)
            answer = there.getresponse()
            content = answer.read()
            there.close()
            if answer.status != 409:
                return answer.status, content
            assert json.loads(content)["code"] == "idempotency_key_in_flight"
            time.sleep(float(answer.headers["Retry-After"]) / 10)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(send, range(AT_ONCE)))


def test_makes_one_order_of_eight_requests_at_once(live_server: LiveServer) -> None:
    market = Market()
    partner = PartnerHttp(partner_with(market.account))
    product = market.product("19.99", sku="MUG")
    body = {
        "name": "Bar refit",
        "account": str(market.account.pk),
        "currency": "EUR",
        "lines": [{"product": str(product.pk), "quantity": "3"}] * 5,
    }

    answers = send_at_once(live_server, partner, "/orders", body)

    assert {content for _status, content in answers} == {answers[0][1]}
    assert {status for status, _content in answers} == {201}
    assert Order.objects.count() == 1
    assert Order.objects.get().lines.count() == 5
    assert SalesEvent.objects.count() == 1


def test_registers_one_endpoint_of_eight_requests_at_once(live_server: LiveServer) -> None:
    partner = PartnerHttp(partner_with(Market().account))
    body = {"url": "https://shop.example.com/hooks", "event_types": ["throughline.order.held"]}

    answers = send_at_once(live_server, partner, "/webhook-endpoints", body)

    assert answers == [(201, answers[0][1])] * AT_ONCE
    assert (Connection.objects.count(), Secret.objects.count()) == (1, 1)


def deadlocked(order: Order) -> AbstractContextManager[None]:
    """Another transaction that locks the order's lane first, and then the order."""
    return planted_deadlock(
        lambda: list(Lane.objects.select_for_update()),
        lambda: list(Order.objects.select_for_update(of=("self",)).filter(pk=order.pk)),
    )


def test_runs_a_verb_again_that_lost_to_another_transaction(httpserver: HTTPServer) -> None:
    market = Market()
    connect(httpserver, "warehouse", ["order.submitted", "order.held"])
    order = submitted_order(market)
    http = PartnerHttp(partner_with(market.account))

    with deadlocked(order):
        answer = http.post(f"/orders/{order.pk}/hold", {"reason": "Credit check"}, If_Match="*")

    assert (answer.status_code, answer.json()["is_on_hold"]) == (200, True)
    assert SalesEvent.objects.filter(type="order.held").count() == 1


def test_says_that_others_change_the_same_documents_when_it_lost_each_time(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "TRIES", 1)
    market = Market()
    connect(httpserver, "warehouse", ["order.submitted", "order.held"])
    order = submitted_order(market)
    http = PartnerHttp(partner_with(market.account))

    with deadlocked(order):
        answer = http.post(f"/orders/{order.pk}/hold", {"reason": "Credit check"}, If_Match="*")

    assert (answer.status_code, answer.json()["code"]) == (409, "busy")
    assert answer["Retry-After"] == "1"
    assert not SalesEvent.objects.filter(type="order.held").exists()
