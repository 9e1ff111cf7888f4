"""Payments of partners, and what they settle."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sales.models import Invoice, Payment
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from tests.api.partner_client import PartnerHttp, partner_with
from tests.factories import AccountFactory, Market
from tests.fulfilment.conftest import submitted_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def http(market: Market) -> PartnerHttp:
    return PartnerHttp(partner_with(market.account))


@pytest.fixture
def issued(market: Market) -> Invoice:
    """An issued invoice of one order."""
    draft = invoice_order(submitted_order(market).pk, actor=market.rep, what=Invoice.What.ALL)
    return issue_invoice(draft.pk, actor=market.rep)


def payment_of(invoice: Invoice, **fields: Any) -> dict[str, Any]:
    """A payment of all that an invoice asks for."""
    return {
        "invoice": str(invoice.pk),
        "amount": {"amount": str(invoice.total), "currency": invoice.currency},
        "received_on": str(invoice.issued_on),
        "reference": "BANK-1",
        **fields,
    }


@pytest.mark.parametrize(
    ("amount", "pointer", "sentence"),
    [
        ("0", "/amount", "Enter an amount above zero."),
        ("-1", "/amount", "Enter an amount above zero."),
        ("1.001", "/amount/amount", "Amounts in EUR have at most 2 decimals."),
        ("1.0000001", "/amount/amount", "Amounts in EUR have at most 2 decimals."),
    ],
)
def test_refuses_an_amount_by_the_rule_of_its_currency(
    http: PartnerHttp, issued: Invoice, amount: str, pointer: str, sentence: str
) -> None:
    money = {"amount": amount, "currency": "EUR"}

    answer = http.post("/payments", payment_of(issued, amount=money))

    assert answer.status_code in {400, 422}
    found = [(each["pointer"], each["detail"]) for each in answer.json()["errors"]]
    assert found == [(pointer, sentence)]
    assert not Payment.objects.exists()


def test_settles_the_invoice(http: PartnerHttp, issued: Invoice) -> None:
    recorded = http.post("/payments", payment_of(issued))

    assert recorded.status_code == 201, recorded.content
    body = recorded.json()
    assert recorded["Location"] == f"/api/v1/payments/{body['id']}"
    assert (body["kind"], body["reference"]) == ("payment", "BANK-1")
    assert http.get(f"/payments/{body['id']}").json() == body
    assert http.get("/payments", invoice=str(issued.pk)).json()["results"] == [body]
    assert http.get(f"/invoices/{issued.pk}").json()["status"] == "paid"


def test_counts_one_reference_once_whatever_the_key(http: PartnerHttp, issued: Invoice) -> None:
    part = {"amount": {"amount": "1.00", "currency": "EUR"}}

    answers = [http.post("/payments", payment_of(issued, **part)).json()["id"] for _ in range(2)]

    assert answers[0] == answers[1]
    assert Payment.objects.get().amount == Decimal("1.00")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"amount": {"amount": "1.00", "currency": "USD"}}, "/amount/currency"),
        ({"amount": {"amount": "1.001", "currency": "EUR"}}, "/amount/amount"),
        ({"received_on": "yesterday"}, "/received_on"),
    ],
)
def test_points_to_what_is_wrong(
    http: PartnerHttp, issued: Invoice, change: dict[str, Any], pointer: str
) -> None:
    answer = http.post("/payments", payment_of(issued, **change))

    assert answer.status_code == 400, answer.content
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    assert not Payment.objects.exists()


def test_takes_no_invoice_of_another_account(issued: Invoice) -> None:
    stranger = PartnerHttp(partner_with(AccountFactory.create()))

    answer = stranger.post("/payments", payment_of(issued))

    assert answer.json()["errors"][0]["code"] == "unknown"
    assert not Payment.objects.exists()


def test_lists_payments_by_the_moment_of_recording(http: PartnerHttp, issued: Invoice) -> None:
    parts = [{"amount": {"amount": f"{n}.00", "currency": "EUR"}} for n in (1, 2)]
    ids = [
        http.post("/payments", payment_of(issued, reference=f"B-{n}", **part)).json()["id"]
        for n, part in enumerate(parts)
    ]
    first = Payment.objects.get(pk=ids[0]).recorded_at

    later = http.get("/payments", updated_after=first.isoformat()).json()["results"]

    assert [each["id"] for each in later] == [ids[1]]
