"""The event feed and the intake take an access token too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crm.models import Partner
from fulfilment.models import Connection, InboundMessage
from sales.models import SalesEvent
from tests.api.partner_client import PartnerHttp, partner_with
from tests.factories import AccountFactory, Market
from tests.fulfilment.conftest import connect, shipment_event, submitted_order

pytestmark = pytest.mark.django_db


def warehouse(httpserver: Any) -> Connection:
    """Connect a warehouse."""
    connect(httpserver, "warehouse", ["order.submitted"])
    return Connection.objects.get(code="warehouse")


@pytest.fixture
def http(market: Market) -> PartnerHttp:
    return PartnerHttp(partner_with(market.account))


def test_feeds_a_partner_the_events_of_its_accounts(market: Market, http: PartnerHttp) -> None:
    order = submitted_order(market)
    stranger = PartnerHttp(partner_with(AccountFactory.create(), name="Stranger"))
    seen = SalesEvent.objects.filter(subject_id=order.pk).order_by("pk")

    shown, hidden = http.get("/events"), stranger.get("/events")

    assert (shown.status_code, hidden.status_code) == (200, 200)
    assert hidden.json() == {"results": [], "next": ""}
    first = f"evt_{seen[0].pk.hex}"
    assert http.get("/events", after=first).status_code == 200
    assert stranger.get("/events", after=first).status_code == 400


def test_needs_the_scope_of_the_feed(market: Market) -> None:
    http = PartnerHttp(partner_with(market.account, scopes=["orders:read"]))

    assert http.get("/events").json()["code"] == "insufficient_scope"


class TestIntake:
    def report(self, http: PartnerHttp, code: str, event: dict[str, Any]) -> Any:
        """Report an event without a signature."""
        return http.http.post(
            f"/api/v1/intake/{code}",
            json.dumps(event),
            content_type="application/cloudevents+json",
            headers={"Authorization": f"Bearer {http.token}"},
        )

    def test_takes_a_report_for_a_connection_of_the_client(
        self, market: Market, http: PartnerHttp, httpserver: Any
    ) -> None:
        connection = warehouse(httpserver)
        http.partner.client.connections.add(connection)
        order = submitted_order(market)

        answer = self.report(http, "warehouse", shipment_event(order, "WH-1", "shipped", "1"))

        assert (answer.status_code, answer.json()["result"]) == (200, "applied")
        assert InboundMessage.objects.get().connection == connection

    @pytest.mark.parametrize("status", [Connection.Status.ACTIVE, Connection.Status.DISABLED])
    def test_hides_other_connections(
        self, market: Market, http: PartnerHttp, httpserver: Any, status: str
    ) -> None:
        connection = warehouse(httpserver)
        if status == Connection.Status.DISABLED:
            http.partner.client.connections.add(connection)
            Connection.objects.update(status=status)
        event = shipment_event(submitted_order(market), "WH-1", "shipped", "1")

        answers = [self.report(http, code, event) for code in ("warehouse", "nobody")]

        assert [each.status_code for each in answers] == [404, 404]
        assert not InboundMessage.objects.exists()

    def test_needs_the_scope_to_report(
        self, market: Market, http: PartnerHttp, httpserver: Any
    ) -> None:
        connection = warehouse(httpserver)
        http.partner.client.connections.add(connection)
        Partner.objects.update(scopes=["orders:read"])
        event = shipment_event(submitted_order(market), "WH-1", "shipped", "1")

        assert self.report(http, "warehouse", event).status_code == 403

    def test_answers_401_to_an_unknown_token(self, http: PartnerHttp) -> None:
        http.token = "unknown"

        answer = self.report(http, "warehouse", {})

        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
        assert answer["WWW-Authenticate"] == "Bearer"
