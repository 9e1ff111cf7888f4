"""What every write has: idempotency key, precondition, dry run, one transaction, clear refusals."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from api.idempotency import forget_old
from api.models import StoredResponse
from fulfilment.models import Handoff, Shipment
from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import Order, Product, SalesEvent
from sales.services.documents.drafts import draft_quote
from sales.services.order_invoices import invoice_order
from sales.services.orders import hold_order
from tests.api.partner_client import PartnerHttp, partner_with
from tests.factories import Market
from tests.fulfilment.conftest import connect, submitted_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def http(market: Market) -> PartnerHttp:
    return PartnerHttp(partner_with(market.account))


def order_body(market: Market, **fields: Any) -> dict[str, Any]:
    """An order of one product."""
    product = Product.objects.first() or market.product("19.99", sku="MUG")
    return {
        "name": "Bar refit",
        "account": str(market.account.pk),
        "currency": "EUR",
        "lines": [{"product": str(product.pk), "quantity": "2"}],
        **fields,
    }


class TestIdempotency:
    def test_answers_a_repeat_byte_by_byte(self, market: Market, http: PartnerHttp) -> None:
        body = order_body(market)

        first = http.post("/orders", body, Idempotency_Key="one")
        again = http.post("/orders", body, Idempotency_Key="one")

        assert (first.status_code, again.status_code) == (201, 201)
        assert again.content == first.content
        assert [again[name] for name in ("ETag", "Location")] == [
            first[name] for name in ("ETag", "Location")
        ]
        assert "Idempotent-Replayed" not in first
        assert again["Idempotent-Replayed"] == "true"
        assert Order.objects.count() == 1

    def test_refuses_another_request_with_the_key(self, market: Market, http: PartnerHttp) -> None:
        http.post("/orders", order_body(market), Idempotency_Key="one")

        other = http.post("/orders", order_body(market, name="Other"), Idempotency_Key="one")

        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
        assert Order.objects.count() == 1

    def test_keeps_keys_of_partners_apart(self, market: Market, http: PartnerHttp) -> None:
        other = PartnerHttp(partner_with(market.account, name="Other"))

        answers = [
            each.post("/orders", order_body(market), Idempotency_Key="one")
            for each in (http, other)
        ]

        assert [each.status_code for each in answers] == [201, 201]
        assert Order.objects.count() == 2

    def test_stores_nothing_of_a_refused_request(self, market: Market, http: PartnerHttp) -> None:
        wrong = order_body(market, lines=[{"write_in": "Delivery", "quantity": "1"}])

        refused = http.post("/orders", wrong, Idempotency_Key="one")
        after = http.post("/orders", order_body(market), Idempotency_Key="one")

        assert (refused.status_code, refused.json()["code"]) == (422, "missing_field")
        assert after.status_code == 201
        assert (Order.objects.count(), SalesEvent.objects.count()) == (1, 1)

    @pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel"])
    def test_needs_a_key(self, market: Market, http: PartnerHttp, key: str) -> None:
        answer = http.post("/orders", order_body(market), Idempotency_Key=key)

        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")
        assert not Order.objects.exists()

    def test_forgets_after_seven_days(self, market: Market, http: PartnerHttp) -> None:
        http.post("/orders", order_body(market), Idempotency_Key="one")
        with time_machine.travel(timezone.now() + dt.timedelta(days=6, hours=23)):
            assert forget_old() == 0
        with time_machine.travel(timezone.now() + dt.timedelta(days=7, minutes=1)):
            assert forget_old() == 1
        assert not StoredResponse.objects.exists()


VERBS = [
    ("/orders/{order}/submit", {}),
    ("/orders/{order}/hold", {"reason": "Credit check"}),
    ("/orders/{order}/release", {}),
    ("/orders/{order}/cancel", {"reason": "Changed their mind"}),
    ("/orders/{order}/invoice", {"what": "all"}),
    ("/invoices/{invoice}/issue", {}),
    ("/orders/{order}/change", {"reason": "Less"}),
    ("/orders/{order}/close", {"reason": "Enough"}),
    ("/quotes/{quote}/activate", {}),
    ("/quotes/{quote}/revise", {}),
    ("/quotes/{quote}/accept", {}),
    ("/quotes/{quote}/decline", {}),
]


@pytest.mark.parametrize(("path", "body"), VERBS)
def test_needs_the_version_that_was_read(
    market: Market, http: PartnerHttp, path: str, body: dict[str, str]
) -> None:
    order = submitted_order(market)
    invoice = invoice_order(order.pk, actor=market.rep, what="all")
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    before = SalesEvent.objects.count()
    path = path.format(order=order.pk, invoice=invoice.pk, quote=quote.pk)

    missing = http.post(path, body)
    stale = http.post(path, body, If_Match='"99"')
    weak = http.post(path, body, If_Match=f'W/"{order.version}"')

    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert weak.status_code == 412
    assert SalesEvent.objects.count() == before


def test_does_not_act_on_what_changed_since_it_was_read(market: Market, http: PartnerHttp) -> None:
    order = submitted_order(market)
    read = http.get(f"/orders/{order.pk}")
    hold_order(order.pk, actor=market.rep, reason="Credit check")

    stale = http.post(f"/orders/{order.pk}/release", If_Match=read["ETag"])
    known = http.get(f"/orders/{order.pk}")["ETag"]
    done = http.post(f"/orders/{order.pk}/release", If_Match=f'"1", {known}')

    assert (stale.status_code, done.status_code) == (412, 200)
    assert done.json()["is_on_hold"] is False


def test_issues_no_draft_of_goods_that_came_back(market: Market, http: PartnerHttp) -> None:
    order = submitted_order(market)
    line = order.lines.get()
    record_shipment(order.pk, actor=market.rep, lines={line.pk: line.quantity})
    draft = invoice_order(order.pk, actor=market.rep, what="all")
    record_return(order.pk, actor=market.rep, lines={line.pk: line.quantity})
    etag = http.get(f"/invoices/{draft.pk}")["ETag"]

    answer = http.post(f"/invoices/{draft.pk}/issue", If_Match=etag)

    assert (answer.status_code, answer.json()["code"]) == (422, "quantity_exceeds_open")
    assert answer.json()["detail"].endswith("of which 0 for €0.00 are open. Delete it.")


def test_says_what_a_verb_would_do_and_keeps_nothing(
    market: Market, http: PartnerHttp, httpserver: Any
) -> None:
    connect(httpserver, "warehouse", ["order.submitted"])
    created = http.post("/orders", order_body(market))
    order = created.json()["id"]

    tried = http.post(f"/orders/{order}/submit?dry_run=true", If_Match=created["ETag"])

    assert tried.status_code == 200
    body = tried.json()
    assert body["dry_run"] is True
    assert body["handoffs"] == [{"connection": "warehouse", "type": "throughline.order.submitted"}]
    assert body["result"]["status"] == "submitted"
    stored = Order.objects.get()
    assert (stored.status, stored.number, Handoff.objects.count()) == ("draft", None, 0)
    assert StoredResponse.objects.count() == 1
    done = http.post(f"/orders/{order}/submit", If_Match=created["ETag"])
    assert done.json()["number"] == body["result"]["number"]


def test_says_what_a_creation_would_do_and_keeps_nothing(market: Market, http: PartnerHttp) -> None:
    tried = http.post("/orders?dry_run=true", order_body(market))

    assert tried.status_code == 200
    body = tried.json()
    assert (body["dry_run"], body["handoffs"]) == (True, [])
    assert body["result"]["totals"]["total"] == {"amount": "47.98", "currency": "EUR"}
    assert not Order.objects.exists()
    assert not StoredResponse.objects.exists()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/shipments", {"order": "{order}"}),
        ("/shipments/{shipment}/return", {}),
        ("/orders/{order}/invoice", {"what": "lines"}),
        ("/orders/{order}/change", {"reason": "Less"}),
    ],
)
def test_takes_each_line_once(
    market: Market, http: PartnerHttp, path: str, body: dict[str, str]
) -> None:
    order = submitted_order(market)
    line = order.lines.get()
    shipment = record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(1)})
    ids = {"order": order.pk, "shipment": shipment.pk}
    named = {"order_line": str(line.pk), "quantity": "1"}
    sent = {name: value.format(**ids) for name, value in body.items()}

    answer = http.post(path.format(**ids), {**sent, "lines": [named, named]}, If_Match="*")

    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {
            "pointer": "/lines/1/order_line",
            "code": "repeated",
            "detail": "The line is named before.",
        }
    ]
    assert (Shipment.objects.count(), order.invoices.count()) == (1, 0)


def test_answers_a_verb_that_the_status_does_not_allow_with_409(
    market: Market, http: PartnerHttp
) -> None:
    order = submitted_order(market)

    answer = http.post(f"/orders/{order.pk}/submit", If_Match="*")

    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_state")


class TestDiscounts:
    @pytest.mark.parametrize(
        ("line", "status", "code"),
        [
            ({"discount_percent": "10"}, 201, None),
            ({"discount_percent": "10.5"}, 422, "discount_above_limit"),
            (
                {"discount_amount": {"amount": "4.00", "currency": "EUR"}},
                422,
                "discount_above_limit",
            ),
            ({"discount_amount": {"amount": "3.99", "currency": "EUR"}}, 201, None),
            ({"unit_price": {"amount": "19.00", "currency": "EUR"}}, 403, "not_allowed"),
        ],
    )
    def test_stay_within_the_limit_of_the_partner(
        self, market: Market, line: dict[str, Any], status: int, code: str | None
    ) -> None:
        http = PartnerHttp(partner_with(market.account, discount_limit_rate=Decimal("0.1")))
        body = order_body(market)
        body["lines"][0] |= line

        answer = http.post("/orders", body)

        assert (answer.status_code, answer.json().get("code")) == (status, code)
        assert Order.objects.count() == (1 if status == 201 else 0)

    def test_may_be_a_price_of_its_own_where_it_was_allowed(self, market: Market) -> None:
        http = PartnerHttp(
            partner_with(market.account, discount_limit_rate=Decimal(1), overrides_prices=True)
        )
        body = order_body(market)
        body["lines"][0]["unit_price"] = {"amount": "19.125", "currency": "EUR"}

        answer = http.post("/orders", body).json()

        assert answer["lines"][0]["unit_price"] == {"amount": "19.125", "currency": "EUR"}
        assert answer["lines"][0]["net"] == {"amount": "38.25", "currency": "EUR"}


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"nmae": "x"}, "/nmae", "unknown_field"),
        ({"number": "O-1"}, "/number", "unknown_field"),
        ({"name": None}, "/name", "null"),
        ({"name": 5}, "/name", "invalid"),
        ({"currency": "EURO"}, "/currency", "max_length"),
        ({"account": "0198f000-0000-7000-8000-000000000000"}, "/account", "unknown"),
        ({"lines": {}}, "/lines", "not_a_list"),
        ({"lines": [{"quantity": "1"}]}, "/lines/0", "invalid"),
        ({"lines": [{"write_in": "x", "quantity": 1}]}, "/lines/0/quantity", "not_a_text"),
        ({"lines": [{"write_in": "x", "quantity": "NaN"}]}, "/lines/0/quantity", "invalid"),
        ({"lines": [{"write_in": "x", "quantity": "-1"}]}, "/lines/0/quantity", "invalid_quantity"),
        (
            {"lines": [{"product": "0198f000-0000-7000-8000-000000000000", "quantity": "1"}]},
            "/lines/0/product",
            "unknown",
        ),
        (
            {
                "lines": [
                    {
                        "write_in": "x",
                        "quantity": "1",
                        "unit_price": {"amount": "1", "currency": "USD"},
                    }
                ]
            },
            "/lines/0/unit_price/currency",
            "currency_mismatch",
        ),
    ],
)
def test_points_to_what_is_wrong(
    market: Market, http: PartnerHttp, change: dict[str, Any], pointer: str, code: str
) -> None:
    answer = http.post("/orders", order_body(market, **change))

    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, code)]
    assert not Order.objects.exists()


def test_takes_a_line_that_is_not_wanted_yet_and_none_below_zero(
    market: Market, http: PartnerHttp
) -> None:
    body = order_body(market)
    body["lines"][0]["quantity"] = "-1"
    refused = http.post("/orders", body)
    assert [each["detail"] for each in refused.json()["errors"]] == [
        "A quantity cannot be negative: give zero or more."
    ]

    body["lines"][0]["quantity"] = "0"
    answer = http.post("/orders", body)

    assert (answer.status_code, answer.json()["lines"][0]["quantity"]) == (201, "0")
    assert Order.objects.get().total == 0


def test_says_which_fields_there_are(market: Market, http: PartnerHttp) -> None:
    body = order_body(market)
    body["lines"][0]["unit_price"] = {"amount": "1", "currency": "EUR", "per": "100"}

    assert http.post("/orders", body).json()["errors"] == [
        {
            "pointer": "/lines/0/unit_price/per",
            "code": "unknown_field",
            "detail": "There is no such field to write. The fields are: amount, currency.",
        }
    ]


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"name": NaN}', 400),
        (b'{"name": "a", "name": "b"}', 400),
        (b'{"name": "\\u0000"}', 400),
        (b"\xff\xfe", 400),
        (b'{"a":' * 2000 + b"1" + b"}" * 2000, 400),
        (b'{"name": "' + b"x" * 1_100_000 + b'"}', 413),
    ],
)
def test_answers_what_is_no_json_object_of_ours_with_a_problem(
    http: PartnerHttp, raw: bytes, status: int
) -> None:
    answer = http.http.post(
        "/api/v1/orders",
        raw,
        content_type="application/json",
        headers={"Authorization": f"Bearer {http.token}", "Idempotency-Key": "one"},
    )

    assert answer.status_code == status, answer.content[:200]
    assert answer["Content-Type"] == "application/problem+json"


def test_refuses_other_content(http: PartnerHttp) -> None:
    answer = http.http.post(
        "/api/v1/orders",
        "a=1",
        content_type="application/x-www-form-urlencoded",
        headers={"Authorization": f"Bearer {http.token}", "Idempotency-Key": "one"},
    )

    assert (answer.status_code, answer["Content-Type"]) == (415, "application/problem+json")


def test_names_an_order_line_that_is_none_of_the_order(market: Market, http: PartnerHttp) -> None:
    order, other = submitted_order(market), submitted_order(market)
    lines = [{"order_line": str(other.lines.get().pk), "quantity": "1"}]

    answer = http.post("/shipments", {"order": str(order.pk), "lines": lines})

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_line")
    assert not Shipment.objects.exists()
