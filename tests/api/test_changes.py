"""Change orders, short closes, explanations and expansions of the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.representations import schemas
from api.requests.orders import NOT_OF_HEAD, ChangeInput, OrderInput
from fulfilment.services.shipments import record_shipment
from sales.models import Order, OrderChange
from sales.services.order_differences import HEAD_FIELDS
from tests.api.partner_client import PartnerHttp, partner_with
from tests.api.test_schemas import undescribed
from tests.factories import Market
from tests.fulfilment.conftest import submitted_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def http(market: Market) -> PartnerHttp:
    return PartnerHttp(partner_with(market.account))


class TestChangeOrders:
    def test_take_an_order_to_its_next_version(self, market: Market, http: PartnerHttp) -> None:
        order = submitted_order(market, "10")
        read = http.get(f"/orders/{order.pk}")
        added = market.product("5.00", sku="CUP")
        body = {
            "reason": "Fewer seats",
            "lines": [{"order_line": read.json()["lines"][0]["id"], "quantity": "4"}],
            "add_lines": [{"product": str(added.pk), "quantity": "2"}],
            "customer_reference": "PO-2",
        }

        tried = http.post(f"/orders/{order.pk}/change?dry_run=true", body, If_Match=read["ETag"])
        changed = http.post(f"/orders/{order.pk}/change", body, If_Match=read["ETag"])

        assert changed.status_code == 200, changed.content
        found = changed.json()
        assert found["version"] == read.json()["version"] + 1
        assert [line["quantity"] for line in found["lines"]] == ["4", "2"]
        assert found["customer_reference"] == "PO-2"
        assert tried.json()["result"]["totals"] == found["totals"]
        assert OrderChange.objects.get().reason == "Fewer seats"

    def test_do_not_go_under_what_is_shipped(self, market: Market, http: PartnerHttp) -> None:
        order = submitted_order(market, "10")
        line = order.lines.get()
        record_shipment(order.pk, actor=market.rep, lines={line.pk: line.quantity})
        body = {"reason": "Less", "lines": [{"order_line": str(line.pk), "quantity": "1"}]}

        answer = http.post(f"/orders/{order.pk}/change", body, If_Match="*")

        assert answer.status_code == 422, answer.content
        assert not OrderChange.objects.exists()

    def test_point_to_another_currency(self, market: Market, http: PartnerHttp) -> None:
        order = submitted_order(market)
        price = {"amount": "1", "currency": "USD"}
        line = {"order_line": str(order.lines.get().pk), "unit_price": price}

        answer = http.post(
            f"/orders/{order.pk}/change", {"reason": "x", "lines": [line]}, If_Match="*"
        )

        assert [each["pointer"] for each in answer.json()["errors"]] == [
            "/lines/0/unit_price/currency"
        ]


def test_closes_the_rest(market: Market, http: PartnerHttp) -> None:
    order = submitted_order(market, "10")
    line = order.lines.get()
    record_shipment(order.pk, actor=market.rep, lines={line.pk: line.quantity - 4})

    closed = http.post(f"/orders/{order.pk}/close", {"reason": "Enough"}, If_Match="*")

    assert closed.status_code == 200, closed.content
    assert [line["quantity"] for line in closed.json()["lines"]] == ["6"]
    assert closed.json()["fulfilment_status"] == "shipped"


def test_explains_each_total(market: Market, http: PartnerHttp) -> None:
    order = submitted_order(market, "3")

    found = http.get(f"/orders/{order.pk}/explanation").json()

    totals = http.get(f"/orders/{order.pk}").json()["totals"]
    by_name = {step["figure"]: step for step in found["totals"]}
    assert by_name["total"]["formula"] == "pre-freight + freight + tax"
    assert float(by_name["total"]["result"]) == float(totals["total"]["amount"])
    assert [each["line"] for each in found["lines"]] == [str(order.lines.get().pk)]
    assert found["lines"][0]["steps"]


class TestExpansions:
    def test_answer_records_in_place_of_ids(self, market: Market, http: PartnerHttp) -> None:
        order = submitted_order(market)

        [found] = http.get("/orders", expand="lines,account").json()["results"]

        one = http.get(f"/orders/{order.pk}").json()
        assert found["lines"] == one["lines"]
        assert found["account"] == http.get(f"/accounts/{market.account.pk}").json()
        assert undescribed(schemas.OrderHeadSchema(), found) == []
        assert (
            http.get(f"/orders/{order.pk}", expand="account").json()["account"]
            == (found["account"])
        )

    def test_are_read_by_set(self, market: Market, http: PartnerHttp) -> None:
        def statements() -> int:
            with CaptureQueriesContext(connection) as captured:
                http.get("/orders", expand="lines,account,contact")
            return len(captured)

        submitted_order(market)
        few = statements()
        for _ in range(3):
            submitted_order(market)

        assert statements() == few <= 6

    @pytest.mark.parametrize("path", ["/orders", "/orders/{}"])
    def test_name_what_can_be_expanded(self, market: Market, http: PartnerHttp, path: str) -> None:
        order = submitted_order(market)

        answer = http.get(path.format(order.pk), expand="lines,owner")

        assert (answer.status_code, answer.json()["errors"]) == (
            400,
            [
                {
                    "pointer": "/expand",
                    "code": "unknown",
                    "detail": "owner cannot be expanded here; what can be: account, contact, "
                    "lines.",
                }
            ],
        )

    def test_need_the_scope_of_what_is_expanded(self, market: Market) -> None:
        http = PartnerHttp(partner_with(market.account, scopes=["orders:read"]))
        submitted_order(market)

        answer: Any = http.get("/orders", expand="account")

        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
        assert Order.objects.count() == 1


def test_a_change_order_is_sent_no_field_of_the_head_that_it_cannot_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Order, "own_columns", ("requested_on", "prices_are_locked"))

    fields = ChangeInput().get_fields().keys() - NOT_OF_HEAD

    assert fields - HEAD_FIELDS == set()
    assert "requested_on" in fields
    assert "prices_are_locked" in OrderInput().get_fields()
