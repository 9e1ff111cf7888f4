"""Deliveries to webhook endpoints: only of documents one may see, with evidence, and replayed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Response

from api.representations.webhook_schemas import (
    WebhookDeliveryAttemptsSchema,
    WebhookDeliverySchema,
)
from crm.models import Partner
from fulfilment.models import Connection, Handoff
from fulfilment.outbound import handoff_actions
from fulfilment.outbound.drain import drain
from fulfilment.services.disabled_periods import missed_between
from sales.models import Order
from sales.services.orders import hold_order, release_order
from tests.api.partner_client import PartnerHttp, partner_with
from tests.api.test_schemas import undescribed
from tests.api.webhook_receiver import HELD, RELEASED, Receiver, verified
from tests.database_assertions import statements_of
from tests.factories import Market
from tests.fulfilment.conftest import make_due, submitted_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(httpserver: HTTPServer) -> Receiver:
    return Receiver(httpserver)


@pytest.fixture
def held(market: Market, http: PartnerHttp, receiver: Receiver) -> Order:
    """An order whose hold was queued for the partner's endpoint."""
    verified(http, receiver)
    order = submitted_order(market)
    hold_order(order.pk, actor=market.rep, reason="Credit check")
    return order


def deliveries(http: PartnerHttp, **query: Any) -> list[dict[str, Any]]:
    answer = http.get("/webhook-deliveries", **query)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def window() -> dict[str, str]:
    """Everything of the last hour."""
    now = timezone.now()
    return {
        "since": (now - dt.timedelta(hours=1)).isoformat(),
        "until": (now + dt.timedelta(minutes=1)).isoformat(),
    }


def test_lists_and_reads_what_was_sent_and_answered(
    http: PartnerHttp, receiver: Receiver, held: Order
) -> None:
    drain()

    [listed] = deliveries(http)
    found = http.get(f"/webhook-deliveries/{listed['id']}").json()

    assert undescribed(WebhookDeliverySchema(), listed) == []
    assert undescribed(WebhookDeliveryAttemptsSchema(), found) == []
    assert {name: listed[name] for name in ("event_type", "subject", "source", "status")} == {
        "event_type": HELD,
        "subject": held.number,
        "source": f"/orders/{held.pk}",
        "status": "accepted",
    }
    assert listed["message_id"] == receiver.events[0]["id"]
    assert found["body"] == receiver.bodies[0]
    [attempt] = found["attempts"]
    assert (attempt["outcome"], attempt["status_code"], attempt["answer"]) == ("done", 200, "{}")
    assert listed["updated_at"] == listed["delivered_at"] > attempt["finished_at"]


def test_filters_and_walks_the_list(
    market: Market, http: PartnerHttp, receiver: Receiver, held: Order
) -> None:
    release_order(held.pk, actor=market.rep)
    other = submitted_order(market)
    hold_order(other.pk, actor=market.rep, reason="Credit check")
    endpoint = Connection.objects.get()

    found = [each["id"] for each in deliveries(http)]
    page = http.get("/webhook-deliveries", limit=2).json()
    changed = deliveries(http, updated_after=window()["since"])

    assert len(found) == 3
    assert [each["id"] for each in page["results"]] == found[:2]
    assert [each["id"] for each in changed] == found[::-1]
    assert [each["subject"] for each in deliveries(http, event_type=RELEASED)] == [held.number]
    assert len(deliveries(http, subject=held.number)) == 2
    assert len(deliveries(http, status="queued", endpoint=str(endpoint.pk))) == 3
    assert deliveries(http, status="accepted") == []
    assert http.get("/webhook-deliveries", state="queued").status_code == 400


def test_replays_one_with_the_same_id_and_body(
    http: PartnerHttp, receiver: Receiver, held: Order
) -> None:
    drain()
    [delivery] = deliveries(http)
    path = f"/webhook-deliveries/{delivery['id']}/replay"

    replayed = http.post(path, Idempotency_Key="once")
    repeated = http.post(path, Idempotency_Key="once")
    waiting = http.post(path)
    drain()

    assert (replayed.status_code, replayed.json()["status"]) == (200, "queued")
    assert repeated["Idempotent-Replayed"] == "true"
    assert (waiting.status_code, waiting.json()["code"]) == (409, "illegal_state")
    assert receiver.bodies == [receiver.bodies[0]] * 2
    found = http.get(f"/webhook-deliveries/{delivery['id']}").json()
    assert [each["outcome"] for each in found["attempts"]] == ["done", "done"]
    assert Handoff.objects.get().display_resolution == "Sent again by Reseller"


def test_replays_a_window(
    market: Market, http: PartnerHttp, receiver: Receiver, held: Order
) -> None:
    release_order(held.pk, actor=market.rep)
    drain()
    path = f"/webhook-endpoints/{Connection.objects.get().pk}/replay"
    past = {"since": "2020-01-01T00:00:00Z", "until": "2020-02-01T00:00:00Z"}

    nothing = http.post(path, past)
    everything = http.post(path, window())
    drain()

    assert (nothing.json(), everything.json()) == ({"replayed": 0}, {"replayed": 2})
    assert receiver.types == [HELD, RELEASED] * 2


def test_replays_no_window_with_too_many(
    http: PartnerHttp, held: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    drain()
    monkeypatch.setattr(handoff_actions, "MOST_REPLAYED", 0)

    refused = http.post(f"/webhook-endpoints/{Connection.objects.get().pk}/replay", window())

    assert (refused.status_code, refused.json()["code"]) == (422, "window_too_large")
    assert Handoff.objects.get().state == "accepted"


def test_shows_a_refusal_with_what_was_answered(
    http: PartnerHttp, receiver: Receiver, held: Order
) -> None:
    receiver.answer = Response("Teapot", 418)
    drain()
    [delivery] = deliveries(http)

    found = http.get(f"/webhook-deliveries/{delivery['id']}").json()

    assert (found["status"], found["attempts"][0]["status_code"]) == ("retrying", 418)
    assert found["attempts"][0]["answer"] == "Teapot"


class TestOfTwoPartners:
    """Each is sent, and sees, only what happens to documents of its own accounts."""

    @pytest.fixture
    def other(self, stranger: PartnerHttp, httpserver: HTTPServer) -> Receiver:
        """The endpoint of a partner that was granted another account."""
        receiver = Receiver(httpserver, "/stranger")
        verified(stranger, receiver)
        return receiver

    def test_neither_receives_the_other_s_events(
        self,
        market: Market,
        http: PartnerHttp,
        stranger: PartnerHttp,
        receiver: Receiver,
        other: Receiver,
        held: Order,
    ) -> None:
        theirs = Market()
        stranger.partner.accounts.set([theirs.account])
        order = submitted_order(theirs)
        hold_order(order.pk, actor=theirs.rep, reason="Credit check")
        drain()

        assert [each["subject"] for each in receiver.events] == [held.number]
        assert [each["subject"] for each in other.events] == [order.number]
        assert [each["subject"] for each in deliveries(http)] == [held.number]
        assert [each["subject"] for each in deliveries(stranger)] == [order.number]

    def test_neither_reaches_the_other_s_deliveries(
        self,
        http: PartnerHttp,
        stranger: PartnerHttp,
        receiver: Receiver,
        other: Receiver,
        held: Order,
    ) -> None:
        drain()
        endpoint = Connection.objects.get(partner=http.partner)
        [delivery] = deliveries(http)

        answers = [
            stranger.get(f"/webhook-deliveries/{delivery['id']}"),
            stranger.post(f"/webhook-deliveries/{delivery['id']}/replay"),
            stranger.post(f"/webhook-endpoints/{endpoint.pk}/replay", window()),
            stranger.get(f"/webhook-endpoints/{endpoint.pk}"),
        ]
        own = Connection.objects.get(partner=stranger.partner)
        replayed = stranger.post(f"/webhook-endpoints/{own.pk}/replay", window())
        drain()

        assert [each.status_code for each in answers] == [404] * 4
        assert deliveries(stranger, endpoint=str(endpoint.pk)) == []
        assert (replayed.json(), other.events) == ({"replayed": 0}, [])
        assert receiver.types == [HELD]

    def test_a_dry_run_names_no_endpoint_of_another_partner(
        self, market: Market, http: PartnerHttp, receiver: Receiver, httpserver: HTTPServer
    ) -> None:
        second = PartnerHttp(partner_with(market.account, name="Second"))
        verified(http, receiver)
        verified(second, Receiver(httpserver, "/second"))
        order = submitted_order(market)

        tried = second.post(f"/orders/{order.pk}/hold?dry_run=true", {"reason": "x"}, If_Match="*")

        own = Connection.objects.get(partner=second.partner)
        assert tried.json()["handoffs"] == [{"connection": own.code, "type": HELD}]


class TestWithdrawnGrants:
    """What a partner may no longer see is neither queued nor shown nor sent again."""

    def test_of_an_account(
        self, market: Market, http: PartnerHttp, receiver: Receiver, held: Order
    ) -> None:
        drain()
        [delivery] = deliveries(http)
        http.partner.accounts.clear()
        release_order(held.pk, actor=market.rep)
        endpoint = Connection.objects.get()

        replayed = http.post(f"/webhook-endpoints/{endpoint.pk}/replay", window())
        one = http.post(f"/webhook-deliveries/{delivery['id']}/replay")
        drain()

        assert (deliveries(http), replayed.json(), one.status_code) == ([], {"replayed": 0}, 404)
        assert (receiver.types, Handoff.objects.count()) == ([HELD], 1)
        now = timezone.now()
        assert missed_between(endpoint, now - dt.timedelta(hours=1), now).events == 0

    def test_of_a_scope(
        self, market: Market, http: PartnerHttp, receiver: Receiver, held: Order
    ) -> None:
        without = [each for each in Partner.Scope.values if each != "orders:read"]
        Partner.objects.update(scopes=without)
        release_order(held.pk, actor=market.rep)

        assert Handoff.objects.count() == 1
        assert deliveries(http) == []

    def test_of_a_partner_that_was_switched_off(
        self, market: Market, http: PartnerHttp, receiver: Receiver, held: Order
    ) -> None:
        Partner.objects.update(is_active=False)
        release_order(held.pk, actor=market.rep)
        drain()

        assert (receiver.events, Handoff.objects.count()) == ([], 1)
        Partner.objects.update(is_active=True)
        make_due()
        drain()
        assert receiver.types == [HELD]


def test_queues_for_many_partners_in_as_many_statements_as_for_one(
    market: Market, http: PartnerHttp, receiver: Receiver, httpserver: HTTPServer, held: Order
) -> None:
    few = statements_of(lambda: release_order(held.pk, actor=market.rep))
    for number in range(3):
        partner = PartnerHttp(partner_with(market.account, name=f"Partner {number}"))
        verified(partner, Receiver(httpserver, f"/partner-{number}"))
    order = submitted_order(market)
    hold_order(order.pk, actor=market.rep, reason="Credit check")

    many = statements_of(lambda: release_order(order.pk, actor=market.rep))

    assert many == few
    assert Handoff.objects.filter(event__type="order.released").count() == 5
