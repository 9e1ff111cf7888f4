"""Batches of status updates: each one is applied or refused on its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.api.partner_client import PartnerHttp
from tests.api.sale import Sale
from tests.factories import Market

pytestmark = pytest.mark.django_db


@pytest.fixture
def sale(market: Market) -> Sale:
    """A sale whose invoice of 24.00 EUR is issued."""
    made = Sale(market)
    made.invoice = made.issue()
    return made


def update(invoice: Any, **fields: Any) -> dict[str, Any]:
    """Write an update of an invoice."""
    return {"invoice": str(invoice), "official_number": "SI-77", "status": "posted", **fields}


def statuses(response: Any) -> list[int]:
    """Return the status of each update."""
    assert response.status_code == 207, response.content
    return [each["status"] for each in response.json()["results"]]


@pytest.mark.parametrize("name", ["number", "pk"])
def test_finds_the_invoice_by_our_number_or_id(sale: Sale, http: PartnerHttp, name: str) -> None:
    named = getattr(sale.invoice, name)

    response = http.post("/status-updates", {"updates": [update(named)]})

    assert statuses(response) == [200]
    sale.invoice.refresh_from_db()
    assert (sale.invoice.official_number, sale.invoice.official_status) == ("SI-77", "posted")
    assert response.json()["results"] == [
        {
            "invoice": str(named),
            "status": 200,
            "id": str(sale.invoice.pk),
            "version": sale.invoice.version,
            "code": "applied",
        }
    ]


@pytest.mark.parametrize("name", ["number", "pk"])
def test_finds_no_invoice_of_another_account(sale: Sale, stranger: PartnerHttp, name: str) -> None:
    named = getattr(sale.invoice, name)

    response = stranger.post("/status-updates", {"updates": [update(named)]})

    [result] = response.json()["results"]
    assert (result["status"], result["code"]) == (404, "not_found")
    sale.invoice.refresh_from_db()
    assert sale.invoice.official_number == ""


def test_a_refused_update_refuses_no_other(sale: Sale, http: PartnerHttp, market: Market) -> None:
    draft = Sale(market).invoice
    yen = {"amount": "24", "currency": "JPY"}
    euro = {"amount": "24.00", "currency": "EUR"}

    response = http.post(
        "/status-updates",
        {
            "updates": [
                update("INV-0"),
                update(sale.invoice.number, total=yen),
                "posted",
                update(draft.pk),
                update(sale.invoice.number, total=euro),
            ]
        },
    )

    assert statuses(response) == [404, 400, 400, 409, 200]
    results = response.json()["results"]
    assert [each["code"] for each in results] == [
        "not_found",
        "invalid",
        "invalid",
        "illegal_state",
        "applied",
    ]
    assert [each["pointer"] for each in results[1]["errors"]] == ["/total/currency"]
    sale.invoice.refresh_from_db()
    draft.refresh_from_db()
    assert (sale.invoice.official_total, draft.official_number) == (Decimal(24), "")


def test_the_same_update_again_changes_nothing(sale: Sale, http: PartnerHttp) -> None:
    first = http.post("/status-updates", {"updates": [update(sale.invoice.number)]})
    second = http.post("/status-updates", {"updates": [update(sale.invoice.number)]})

    assert first.json() == second.json()
