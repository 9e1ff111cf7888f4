"""What partners read: their own accounts only, in pages, as the schemas say."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import timezone

from api.representations import schemas, webhook_schemas
from api.urls import urlpatterns
from crm.models import CustomField, Partner
from fulfilment.models import Connection, ExternalRef, SyncState
from sales.models import Order
from sales.services.documents.drafts import draft_order
from sales.services.orders import hold_order
from tests.api.partner_client import PartnerHttp, partner_with
from tests.api.sale import MAKERS, Sale
from tests.api.test_schemas import undescribed
from tests.factories import Market
from tests.fulfilment.conftest import submitted_order

pytestmark = pytest.mark.django_db
UNKNOWN = "0198f000-0000-7000-8000-000000000000"


def granted_to(http: PartnerHttp) -> list[Any]:
    """Return the ids of the accounts that a partner was granted."""
    return list(http.partner.accounts.values_list("pk", flat=True))


WRITTEN_ONLY = {"status-updates"}
BODIES = {
    "orders/<uuid:pk>/hold": {"reason": "x"},
    "orders/<uuid:pk>/cancel": {"reason": "x"},
    "orders/<uuid:pk>/change": {"reason": "x"},
    "orders/<uuid:pk>/close": {"reason": "x"},
}
NOT_OF_PARTNERS = {"events", "intake/<slug:code>"}
OPEN_TO_ALL = {"products", "price-lists"}
OWN = {
    *("accounts", "contacts", "quotes", "orders", "shipments"),
    *("invoices", "credit-notes", "payments", "webhook-endpoints", "webhook-deliveries"),
}


def patterns() -> list[str]:
    return [str(each.pattern) for each in urlpatterns if str(each.pattern) not in NOT_OF_PARTNERS]


@pytest.mark.parametrize(
    "pattern",
    [
        each
        for each in patterns()
        if "<uuid:pk>" in each and each.partition("/")[0] not in OPEN_TO_ALL
    ],
)
def test_hides_what_a_partner_was_not_granted(
    market: Market, stranger: PartnerHttp, pattern: str
) -> None:
    sale = Sale(market)
    foreign, missing = sale.path(pattern), "/" + pattern.replace("<uuid:pk>", UNKNOWN)
    is_read = pattern.endswith(("<uuid:pk>", "/explanation"))
    send: Any = stranger.get if is_read else stranger.post
    body = [] if is_read else [BODIES.get(pattern, {})]
    before = Order.objects.get().version

    answers = [
        send(path, *body, **({} if is_read else {"If_Match": "*"})) for path in (foreign, missing)
    ]

    assert [each.status_code for each in answers] == [404, 404]
    bodies = [re.sub(r'"request_id":"[^"]*"', "", each.content.decode()) for each in answers]
    assert bodies[0] == bodies[1]
    assert Order.objects.get().version == before


def filled(pattern: str) -> str:
    """Fill a path with ids that there are not."""
    values = {"<uuid:pk>": UNKNOWN, "<slug:system>": "erp", "<str:external_id>": "C-1"}
    for name, value in values.items():
        pattern = pattern.replace(name, value)
    return f"/{pattern}"


def operations() -> list[tuple[str, str, str]]:
    """Return every operation of partners: its path, its method and the scope it needs."""
    return [
        (str(each.pattern), method, scope)
        for each in urlpatterns
        for method, scope in getattr(
            getattr(each.callback, "view_class", None), "scopes", {}
        ).items()
    ]


@pytest.mark.parametrize(("pattern", "method", "scope"), operations())
def test_needs_its_scope(http: PartnerHttp, pattern: str, method: str, scope: str) -> None:
    Partner.objects.update(scopes=[each for each in Partner.Scope.values if each != scope])
    path = filled(pattern)

    answer = (
        http.get(path)
        if method == "GET"
        else http.send(method.lower(), path, {}, Idempotency_Key="one", If_Match="*")
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    assert scope in answer.json()["detail"]


def test_names_every_list() -> None:
    assert {each for each in patterns() if "/" not in each} - WRITTEN_ONLY == OWN | OPEN_TO_ALL


@pytest.mark.parametrize("resource", sorted(OWN))
def test_lists_only_what_was_granted(
    market: Market, http: PartnerHttp, stranger: PartnerHttp, resource: str
) -> None:
    sale = Sale(market)
    own, stranger_s = sale.record(resource), {str(each) for each in granted_to(stranger)}

    assert [each["id"] for each in http.get(f"/{resource}").json()["results"]] == [str(own.pk)]
    found = {each["id"] for each in stranger.get(f"/{resource}").json()["results"]}
    assert found == (stranger_s if resource == "accounts" else set())


def test_takes_no_record_of_another_account(market: Market, stranger: PartnerHttp) -> None:
    sale = Sale(market)
    shipment = {
        "order": str(sale.order.pk),
        "lines": [{"order_line": str(sale.line.pk), "quantity": "1"}],
    }
    shipped = stranger.post("/shipments", shipment)

    assert [(one["pointer"], one["code"]) for one in shipped.json()["errors"]] == [
        ("/order", "unknown")
    ]


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/accounts/{0.order.account_id}", schemas.ResourceAccountSchema),
        ("contacts", schemas.ContactSchema),
        ("quotes", schemas.ResourceQuoteSchema),
        ("credit-notes", schemas.ResourceInvoiceSchema),
        ("payments", schemas.PaymentSchema),
        ("webhook-endpoints", webhook_schemas.WebhookEndpointSchema),
        ("webhook-deliveries", webhook_schemas.WebhookDeliveryAttemptsSchema),
        ("/orders/{0.order.pk}/explanation", schemas.ExplanationSchema),
        ("/price-lists/{0.order.price_list_id}", schemas.PriceListPricesSchema),
        ("/orders/{0.order.pk}", schemas.ResourceOrderSchema),
        ("/shipments/{0.shipment.pk}", schemas.ResourceShipmentSchema),
        ("/invoices/{0.invoice.pk}", schemas.ResourceInvoiceSchema),
    ],
)
def test_answers_as_the_schema_says(
    market: Market, http: PartnerHttp, path: str, schema: Any
) -> None:
    sale = Sale(market)
    is_resource = "/" not in path
    found = f"/{path}/{sale.record(path).pk}" if is_resource else path.format(sale)

    answer = http.get(found)

    assert undescribed(schema(), answer.json()) == []
    assert answer["Cache-Control"] == "no-store"


def test_answers_lists_as_the_schemas_say(market: Market, http: PartnerHttp) -> None:
    sale = Sale(market)

    for resource, schema in (
        ("accounts", schemas.ResourceAccountSchema),
        ("contacts", schemas.ContactSchema),
        ("price-lists", schemas.PriceListSchema),
        ("quotes", schemas.QuoteHeadSchema),
        ("payments", schemas.PaymentSchema),
        ("orders", schemas.OrderHeadSchema),
        ("invoices", schemas.InvoiceHeadSchema),
        ("shipments", schemas.ResourceShipmentSchema),
        ("products", schemas.ProductSchema),
    ):
        if resource in MAKERS:
            sale.record(resource)
        [found] = http.get(f"/{resource}").json()["results"]
        assert undescribed(schema(), found) == []


@pytest.mark.parametrize("resource", sorted(OWN | OPEN_TO_ALL))
@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"stauts": "draft"}, "/stauts"),
        ({"limit": "0"}, "/limit"),
        ({"limit": "201"}, "/limit"),
        ({"limit": "1e1"}, "/limit"),
        ({"cursor": "nonsense"}, "/cursor"),
        ({"updated_after": "yesterday"}, "/updated_after"),
    ],
)
def test_refuses_parameters_that_it_does_not_know(
    http: PartnerHttp, resource: str, query: dict[str, str], pointer: str
) -> None:
    answer = http.get(f"/{resource}", **query)

    assert answer.status_code == 400
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


def test_says_which_parameters_there_are(http: PartnerHttp) -> None:
    answer = http.get("/products", foo="1")

    assert answer.json()["errors"] == [
        {
            "pointer": "/foo",
            "code": "unknown_parameter",
            "detail": "There is no such parameter. The parameters are: "
            "cursor, is_active, limit, sku, updated_after.",
        }
    ]


def walk(http: PartnerHttp, url: str, rel: str) -> tuple[list[list[str]], dict[str, Any]]:
    """Follow the links of a list to its end; return the ids of each page, and the last page."""
    pages, body = [], {rel: url}
    while body[rel]:
        answer = http.http.get(body[rel], headers={"Authorization": f"Bearer {http.token}"})
        body = answer.json()
        pages.append([each["id"] for each in body["results"]])
    return pages, body


def test_walks_a_list_forwards_and_back(market: Market, http: PartnerHttp) -> None:
    orders = [str(submitted_order(market).pk) for _ in range(7)]
    newest_first = orders[::-1]

    there, last = walk(http, "/api/v1/orders?limit=3", "next")
    back, _first = walk(http, last["previous"], "previous")

    assert there == [newest_first[:3], newest_first[3:6], newest_first[6:]]
    assert back == [newest_first[3:6], newest_first[:3]]


def test_lists_what_changed_after_a_moment_the_oldest_change_first(
    market: Market, http: PartnerHttp
) -> None:
    orders = [submitted_order(market) for _ in range(4)]
    since = Order.objects.get(pk=orders[3].pk).updated_at
    for order in (orders[2], orders[0], orders[1]):
        hold_order(order.pk, actor=market.rep, reason="Credit check")

    pages, _last = walk(
        http, f"/api/v1/orders?limit=2&updated_after={since:%Y-%m-%dT%H:%M:%S.%fZ}", "next"
    )

    assert pages == [[str(orders[2].pk), str(orders[0].pk)], [str(orders[1].pk)]]


@pytest.mark.parametrize("resource", sorted(OWN | OPEN_TO_ALL))
def test_reads_a_list_in_a_constant_number_of_statements_and_never_counts(
    market: Market, http: PartnerHttp, resource: str
) -> None:
    def statements() -> list[str]:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert http.get(f"/{resource}").status_code == 200
        return [each["sql"] for each in captured]

    def add() -> None:
        sale = Sale(market)
        if resource in MAKERS:
            sale.record(resource)

    add()
    few = statements()
    for _ in range(3):
        add()
    many = statements()

    assert len(many) == len(few) <= 3, many
    assert not any("COUNT(" in each for each in many)


def test_creates_500_lines_in_as_many_statements_as_one(market: Market) -> None:
    http = PartnerHttp(partner_with(market.account))
    product = market.product("10.00", sku="MUG")

    def statements(lines: int) -> int:
        body = {
            "name": "Bar refit",
            "account": str(market.account.pk),
            "currency": "EUR",
            "lines": [{"product": str(product.pk), "quantity": "1"}] * lines,
        }
        with CaptureQueriesContext(connection) as captured:
            assert http.post("/orders", body).status_code == 201
        return len(captured)

    statements(1)
    assert statements(1) == statements(200)


def test_names_the_systems_that_hold_an_order(market: Market, http: PartnerHttp) -> None:
    order = submitted_order(market)
    supply = Connection.objects.create(
        code="supply", name="Supply", kind=Connection.Kind.SUPPLY, url="https://supply.example/"
    )
    SyncState.objects.create(
        connection=supply, record_type="order", record_id=order.pk, received_at=timezone.now()
    )
    ExternalRef.objects.create(
        connection=supply,
        record_type="order",
        record_id=order.pk,
        external_id="so-1",
        external_number="SO-1",
    )

    found = http.get(f"/orders/{order.pk}").json()

    assert found["sync"] == [
        {"connection": "supply", "state": "in_sync", "external_number": "SO-1"}
    ]
    assert undescribed(schemas.ResourceOrderSchema(), found) == []


@pytest.mark.parametrize("pattern", patterns())
def test_refuses_every_other_method(http: PartnerHttp, pattern: str) -> None:
    path = f"/api/v1{filled(pattern)}"
    view: Any = resolve(path).func
    methods = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "HEAD"}
    allowed = set(view.view_class.scopes)
    if "GET" in allowed:
        allowed.add("HEAD")
    headers = {"Authorization": f"Bearer {http.token}", "Idempotency-Key": "k", "If-Match": "*"}
    assert methods - allowed
    for method in methods - allowed:
        answer = http.http.generic(method, path, headers=headers)
        assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
        assert set(answer["Allow"].split(", ")) == allowed, method


def test_names_what_is_there_already(market: Market, http: PartnerHttp) -> None:
    body = {
        "account": str(market.account.pk),
        "name": "Cups",
        "currency": "EUR",
        "external_id": "PO-7",
        "lines": [],
    }
    assert http.post("/orders", body).status_code == 201

    answer = http.post("/orders", body)

    assert (answer.status_code, answer.json()["code"]) == (422, "duplicate")
    assert answer.json()["errors"] == [
        {
            "pointer": "/external_id",
            "code": "duplicate",
            "detail": "This partner has sent an order with this id already.",
        }
    ]
    assert Order.objects.count() == 1


def test_takes_and_answers_the_own_columns_of_orders(market: Market, http: PartnerHttp) -> None:
    product = market.product("19.99")
    body = {
        "name": "Bar refit",
        "account": str(market.account.pk),
        "currency": "EUR",
        "requested_on": "2026-12-01",
        "lines": [{"product": str(product.pk), "quantity": "2"}],
    }

    made = http.post("/orders", body, Idempotency_Key="one").json()

    assert made["requested_on"] == "2026-12-01"
    assert http.get(f"/orders/{made['id']}").json()["requested_on"] == "2026-12-01"


@pytest.mark.parametrize("resource", ["accounts", "contacts", "quotes", "orders", "invoices"])
def test_shows_only_the_custom_fields_that_other_systems_are_sent(
    market: Market, http: PartnerHttp, resource: str
) -> None:
    record = Sale(market).record(resource)
    if resource == "orders":
        record = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    for key, is_sent in (("dock", True), ("risk", False)):
        CustomField.objects.create(
            record_type=record._meta.model_name,
            key=key,
            label=key,
            kind="text",
            send_in_handoffs=is_sent,
        )
    type(record).objects.filter(pk=record.pk).update(custom={"dock": "7", "risk": "high"})

    results = http.get(f"/{resource}").json()["results"]
    [listed] = [each for each in results if each["id"] == str(record.pk)]
    shown = http.get(f"/{resource}/{record.pk}").json()

    assert (listed["custom"], shown["custom"]) == ({"dock": "7"}, {"dock": "7"})
