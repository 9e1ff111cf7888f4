"""Webhook endpoints: registered, verified by a challenge, changed, paused, rotated, deleted."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Response

from api.models import StoredResponse
from api.representations.webhook_schemas import WebhookEndpointSchema, WebhookTestSchema
from crm.models import Partner
from fulfilment.models import Connection, Handoff, Secret
from fulfilment.outbound.drain import drain
from fulfilment.routes import ROUTES, document_kind_of
from fulfilment.services.connections import disable_connection
from sales.services.orders import hold_order, release_order
from tests.api.partner_client import PartnerHttp
from tests.api.test_schemas import undescribed
from tests.api.webhook_receiver import HELD, RELEASED, Receiver, register, verified
from tests.factories import Market
from tests.fulfilment.conftest import make_due, submitted_order

pytestmark = pytest.mark.django_db
Status = Connection.Status


@pytest.fixture
def receiver(httpserver: HTTPServer) -> Receiver:
    return Receiver(httpserver)


def test_sends_an_event_to_an_address_that_answered_the_challenge(
    market: Market, http: PartnerHttp, receiver: Receiver
) -> None:
    made = register(http, receiver)
    order = submitted_order(market)
    hold_order(order.pk, actor=market.rep, reason="Not sent: the address is not verified")

    found = http.post(f"/webhook-endpoints/{made['id']}/verify", If_Match=f'"{made["version"]}"')
    release_order(order.pk, actor=market.rep)
    drain()

    assert (made["status"], made["verified_at"]) == ("unverified", None)
    assert undescribed(WebhookEndpointSchema(), found.json()) == []
    assert (found.status_code, found.json()["status"]) == (200, "active")
    assert found["ETag"] == f'"{found.json()["version"]}"'
    assert (receiver.types, receiver.challenges) == ([RELEASED], 1)
    assert receiver.events[0]["data"]["order"]["number"] == order.number
    connection = Connection.objects.get()
    assert (connection.partner, str(connection)) == (http.partner, "Reseller: 127.0.0.1")


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (Response("{}"), "The address answered, but not with the challenge"),
        (Response('{"challenge": "other"}'), "The address answered, but not with the challenge"),
        (Response("internal", 418), "The address answered the challenge with 418, not with 200."),
        (
            Response("", 302, {"Location": "http://10.0.0.1/"}),
            "The address answered the challenge with 302, not with 200.",
        ),
    ],
)
def test_says_why_an_address_is_not_verified(
    http: PartnerHttp, receiver: Receiver, answer: Response, detail: str
) -> None:
    made = register(http, receiver)
    receiver.answer = answer
    path = f"/webhook-endpoints/{made['id']}"

    refused = http.post(f"{path}/verify", If_Match="*", Idempotency_Key="v")

    assert (refused.status_code, refused.json()["code"]) == (422, "not_verified")
    assert refused.json()["detail"].startswith(detail)
    assert "internal" not in refused.json()["detail"]
    assert http.get(path).json()["status"] == "unverified"
    receiver.answer = None
    again = http.post(f"{path}/verify", If_Match="*", Idempotency_Key="v")
    repeated = http.post(f"{path}/verify", If_Match="*", Idempotency_Key="v")
    assert (again.status_code, again.json()["status"]) == (200, "active")
    assert (repeated.content, receiver.challenges) == (again.content, 2)


def test_names_an_address_that_nobody_listens_at(http: PartnerHttp, receiver: Receiver) -> None:
    receiver.url = "http://127.0.0.1:9/hooks"
    made = register(http, receiver)

    refused = http.post(f"/webhook-endpoints/{made['id']}/verify", If_Match="*")

    assert (refused.status_code, refused.json()["code"]) == (422, "not_verified")
    assert refused.json()["detail"].startswith("Reseller: 127.0.0.1 could not be reached: ")


@pytest.mark.parametrize(
    ("change", "pointer", "code", "detail"),
    [
        ({"url": "http://shop.example.com/h"}, "/url", "invalid_address", "begin with https://"),
        ({"url": "https://10.0.0.1/h"}, "/url", "invalid_address", "written as a number"),
        ({"url": "https://a:b@shop.example.com/"}, "/url", "invalid_address", "user name"),
        (
            {"event_types": [HELD, "order.teleported"]},
            "/event_types/1",
            "unknown",
            "There is no event type “order.teleported”. The types are: throughline.invoice.",
        ),
        ({"event_types": []}, "/event_types", "min_length", "event_types has at least 1"),
        ({"status": "active"}, "/status", "unknown_field", "no such field"),
    ],
)
def test_points_to_what_is_wrong(
    http: PartnerHttp, change: dict[str, Any], pointer: str, code: str, detail: str
) -> None:
    body = {"url": "https://shop.example.com/h", "event_types": [HELD], **change}

    answer = http.post("/webhook-endpoints", body)

    assert answer.status_code == 400, answer.content
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert detail in error["detail"]
    assert not Connection.objects.exists()


def test_takes_only_events_that_the_client_may_read_about(http: PartnerHttp) -> None:
    Partner.objects.update(scopes=["webhooks:write", "orders:read"])
    types = [HELD, "throughline.invoice.issued"]

    allowed, refused = (
        http.post("/webhook-endpoints", {"url": "https://shop.example.com/h", "event_types": each})
        for each in (types[:1], types)
    )

    assert (allowed.status_code, refused.status_code) == (201, 403)
    assert refused.json()["code"] == "insufficient_scope"
    assert {document_kind_of(name) for name in ROUTES} == {"quote", "order", "invoice"}


def test_shows_a_secret_once_and_keeps_it_encrypted(http: PartnerHttp, receiver: Receiver) -> None:
    made = register(http, receiver, Idempotency_Key="one")

    again = http.post(
        "/webhook-endpoints",
        {"url": receiver.url, "event_types": [HELD, RELEASED]},
        Idempotency_Key="one",
    )

    assert (again["Idempotent-Replayed"], again.json()) == ("true", made)
    assert made["secret"].encode() not in bytes(StoredResponse.objects.get().body)
    assert "secret" not in http.get(f"/webhook-endpoints/{made['id']}").json()
    assert Connection.objects.count() == 1
    assert Secret.objects.get().purpose == "outbound"


def test_has_a_limit_of_endpoints(http: PartnerHttp, receiver: Receiver) -> None:
    for _ in range(20):
        made = register(http, receiver)
    body = {"url": receiver.url, "event_types": [HELD]}

    refused = http.post("/webhook-endpoints", body)
    http.send("delete", f"/webhook-endpoints/{made['id']}", If_Match="*")

    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_endpoints")
    assert http.post("/webhook-endpoints", body).status_code == 201


class TestChanges:
    @pytest.mark.parametrize("verb", ["verify", "pause", "resume", "rotate", "PATCH", "DELETE"])
    def test_need_the_version_that_was_read(
        self, http: PartnerHttp, receiver: Receiver, verb: str
    ) -> None:
        made = verified(http, receiver)
        path = f"/webhook-endpoints/{made['id']}"

        def send(**headers: str) -> Any:
            if verb.isupper():
                return http.send(verb.lower(), path, {}, **headers)
            return http.post(f"{path}/{verb}", {}, **headers)

        missing, stale = send(), send(If_Match='"99"')

        assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
        assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
        assert http.get(path).json() == made

    def test_are_sent_to_another_address_once_that_answered(
        self, market: Market, http: PartnerHttp, receiver: Receiver, httpserver: HTTPServer
    ) -> None:
        made = verified(http, receiver, HELD)
        other = Receiver(httpserver, "/other")
        other.secret, other.answer = receiver.secret, Response("{}")
        path = f"/webhook-endpoints/{made['id']}"
        change = {"url": other.url, "event_types": [RELEASED]}

        refused = http.send("patch", path, change, If_Match="*")
        unchanged = http.get(path).json()
        other.answer = None
        changed = http.send("patch", path, change, If_Match="*")
        order = submitted_order(market)
        hold_order(order.pk, actor=market.rep, reason="Credit check")
        release_order(order.pk, actor=market.rep)
        drain()

        assert (refused.status_code, refused.json()["code"]) == (422, "not_verified")
        assert unchanged == made
        assert changed.status_code == 200
        assert (changed.json()["url"], changed.json()["status"]) == (other.url, "active")
        assert (receiver.types, other.types) == ([], [RELEASED])

    def test_rotate_the_secret_with_an_overlap(
        self, market: Market, http: PartnerHttp, receiver: Receiver
    ) -> None:
        made = verified(http, receiver)
        old, order = receiver.secret, submitted_order(market)

        rotated = http.post(f"/webhook-endpoints/{made['id']}/rotate", If_Match="*").json()
        hold_order(order.pk, actor=market.rep, reason="Credit check")
        drain()
        receiver.secret = rotated["secret"]
        release_order(order.pk, actor=market.rep)
        drain()

        assert rotated["secret"] != old
        assert rotated["version"] == made["version"]
        assert receiver.types == [HELD, RELEASED]
        expiring = Secret.objects.get(expires_at__isnull=False)
        left = expiring.expires_at - timezone.now() if expiring.expires_at else dt.timedelta()
        assert dt.timedelta(hours=23) < left <= dt.timedelta(hours=24)

    def test_pause_keeps_the_backlog_until_it_is_resumed(
        self, market: Market, http: PartnerHttp, receiver: Receiver
    ) -> None:
        made = verified(http, receiver)
        order = submitted_order(market)

        paused = http.post(f"/webhook-endpoints/{made['id']}/pause", If_Match="*")
        hold_order(order.pk, actor=market.rep, reason="Credit check")
        drain()
        meanwhile = list(receiver.types)
        resumed = http.post(f"/webhook-endpoints/{made['id']}/resume", If_Match=paused["ETag"])
        drain()

        assert (paused.json()["status"], resumed.json()["status"]) == ("paused", "active")
        assert (meanwhile, receiver.types) == ([], [HELD])

    def test_cannot_undo_what_an_administrator_disabled(
        self, http: PartnerHttp, receiver: Receiver
    ) -> None:
        made = verified(http, receiver)
        disable_connection(Connection.objects.get())
        path = f"/webhook-endpoints/{made['id']}"

        answers = [
            http.post(f"{path}/{verb}", If_Match="*")
            for verb in ("resume", "pause", "verify", "test")
        ]

        assert [(each.status_code, each.json()["code"]) for each in answers] == [
            (409, "illegal_state")
        ] * 4
        assert answers[0].json()["detail"] == (
            "Reseller: 127.0.0.1 was disabled by an administrator: ask them to resume it."
        )

    def test_delete_it_for_good(
        self, market: Market, http: PartnerHttp, receiver: Receiver
    ) -> None:
        made = verified(http, receiver)
        path, order = f"/webhook-endpoints/{made['id']}", submitted_order(market)
        hold_order(order.pk, actor=market.rep, reason="Credit check")

        deleted = http.send("delete", path, If_Match=f'"{made["version"]}"')
        release_order(order.pk, actor=market.rep)
        make_due()
        drain()

        assert (deleted.status_code, deleted.content) == (204, b"")
        assert http.get(path).status_code == 404
        assert http.get("/webhook-endpoints").json()["results"] == []
        assert http.get("/webhook-deliveries").json()["results"] == []
        assert receiver.events == []
        assert Handoff.objects.get().state == "queued"
        assert Connection.objects.get().status == Status.DISABLED


class TestTestEvent:
    def test_answers_what_was_answered(self, http: PartnerHttp, receiver: Receiver) -> None:
        made = verified(http, receiver)
        path = f"/webhook-endpoints/{made['id']}/test"

        good = http.post(path)
        receiver.answer = Response("Teapot", 418)
        bad = http.post(path, Idempotency_Key="bad")
        again = http.post(path, Idempotency_Key="bad")

        assert undescribed(WebhookTestSchema(), good.json()) == []
        assert receiver.types == ["throughline.connection.tested"]
        assert (good.json()["outcome"], good.json()["status_code"]) == ("done", 200)
        assert (bad.json()["outcome"], bad.json()["answer"]) == ("refused", "Teapot")
        assert again.content == bad.content

    def test_goes_to_verified_addresses_only(self, http: PartnerHttp, receiver: Receiver) -> None:
        made = register(http, receiver)

        answer = http.post(f"/webhook-endpoints/{made['id']}/test")

        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_state")
        assert receiver.events == []

    def test_is_limited(self, http: PartnerHttp, receiver: Receiver) -> None:
        made = verified(http, receiver)

        answers = [http.post(f"/webhook-endpoints/{made['id']}/test") for _ in range(22)]

        assert {each.status_code for each in answers[:19]} == {200}
        assert (answers[-1].status_code, answers[-1].json()["code"]) == (429, "throttled")
        assert int(answers[-1]["Retry-After"]) >= 1


def test_is_shown_to_the_back_office_with_whose_it_is(
    http: PartnerHttp, receiver: Receiver, admin_client: Any
) -> None:
    verified(http, receiver)
    connection = Connection.objects.get()
    page = reverse("admin:fulfilment_connection_change", args=[connection.pk])
    actions = reverse("admin:fulfilment_connection_changelist")

    listed = admin_client.get(actions).content.decode()
    shown = admin_client.get(page).content.decode()
    admin_client.post(actions, {"action": "pause", "_selected_action": [str(connection.pk)]})

    assert ">Reseller</" in listed
    assert "Reseller: 127.0.0.1" in shown
    assert 'name="url"' not in shown
    connection.refresh_from_db()
    assert connection.status == Status.PAUSED
