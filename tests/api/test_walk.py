"""The way of an order through the API: from the token to the official number and the feed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sales.models import Invoice, Order
from tests.api.partner_client import PartnerHttp, partner_with
from tests.factories import Market

pytestmark = pytest.mark.django_db


def test_leads_an_order_from_the_token_to_the_official_number(market: Market) -> None:
    products = [market.product(price, sku=f"P-{price}") for price in ("10.00", "19.99", "5.00")]
    http = PartnerHttp(partner_with(market.account, discount_limit_rate=Decimal("0.10")))

    found = http.get("/products", sku="P-19.99").json()["results"]
    assert [one["id"] for one in found] == [str(products[1].pk)]

    lines = [{"product": str(each.pk), "quantity": "3"} for each in products]
    lines[1]["discount_percent"] = "5"
    created = http.post(
        "/orders",
        {
            "name": "Bar refit",
            "account": str(market.account.pk),
            "currency": "EUR",
            "external_id": "PO-1",
            "lines": lines,
        },
    )
    assert created.status_code == 201, created.content
    order = created.json()
    assert (order["number"], order["status"], order["version"]) == (None, "draft", 1)
    assert created["ETag"] == '"1"'
    assert [line["net"]["amount"] for line in order["lines"]] == ["30.00", "56.97", "15.00"]
    assert order["totals"]["total"] == {"amount": "122.36", "currency": "EUR"}
    assert order["trace"] == {"lead": None, "opportunity": None, "quote": None}

    path = f"/orders/{order['id']}"
    submitted = http.post(f"{path}/submit", If_Match=created["ETag"])
    assert submitted.status_code == 200, submitted.content
    order = submitted.json()
    assert order["status"] == "submitted"
    assert order["number"] == Order.objects.get().number

    shipped = http.post(
        "/shipments",
        {
            "order": order["id"],
            "shipment_ref": "WH-7",
            "carrier": "DHL",
            "tracking": "JD01",
            "status": "shipped",
            "lines": [{"order_line": order["lines"][0]["id"], "quantity": "2"}],
        },
    )
    assert shipped.status_code == 201, shipped.content
    order = http.get(path)
    assert order.json()["fulfilment_status"] == "partly_shipped"

    invoice = http.post(f"{path}/invoice", {"what": "shipped"}, If_Match=order["ETag"])
    assert invoice.status_code == 201, invoice.content
    assert invoice.json()["totals"]["total"]["amount"] == "24.00"
    issued = http.post(f"/invoices/{invoice.json()['id']}/issue", If_Match=invoice["ETag"])
    assert issued.status_code == 200, issued.content
    number = issued.json()["number"]

    update = {
        "invoice": number,
        "official_number": "SI-77",
        "status": "posted",
        "total": {"amount": "24.00", "currency": "EUR"},
    }
    written = http.post("/status-updates", {"updates": [update]})
    assert written.status_code == 207
    assert [each["status"] for each in written.json()["results"]] == [200], written.content
    stored = Invoice.objects.get(number=number)
    assert (stored.official_number, stored.official_total) == ("SI-77", 24)
