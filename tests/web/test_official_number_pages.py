"""What pages say of the official number of an invoice: who is expected to give it, or nothing."""

from __future__ import annotations

from html import unescape

import pytest
from django.test import Client
from pytest_httpserver import HTTPServer

from fulfilment.models import Connection
from sales.models import Invoice, Order
from sales.services.order_invoices import invoice_order
from tests.factories import CompanyFactory, Market
from tests.fulfilment.conftest import FarEnd, connect, submitted_order
from tests.sales.order_steps import billed
from web.record_urls import record_url


@pytest.fixture
def order(market: Market, client: Client) -> Order:
    client.force_login(market.rep)
    return submitted_order(market)


def text_of(client: Client, record: Order | Invoice) -> str:
    return unescape(client.get(record_url(record)).content.decode())


def flow(client: Client, record: Order | Invoice) -> dict[str, str]:
    """The steps of the document flow, each with what it says."""
    steps = client.get(record_url(record)).context["flow"]
    return {str(step.label): str(step.detail) for step in steps}


def _serving_another(erp: Connection) -> None:
    erp.companies = [CompanyFactory.create().pk]


def _disabled(erp: Connection) -> None:
    erp.status = Connection.Status.DISABLED


def _not_reporting(erp: Connection) -> None:
    erp.reports_as = [Connection.Duty.WAREHOUSE]


def test_names_the_system_that_gives_it(
    market: Market, order: Order, erp: FarEnd, client: Client
) -> None:
    invoice = billed(order, market, what="all")

    page = text_of(client, invoice)

    assert flow(client, invoice)["Official number"] == f"Waiting for {erp.connection}"
    assert flow(client, order)["Official number"] == f"Waiting for {erp.connection}"
    assert f"{erp.connection} has not posted it yet" in page
    assert "no official number yet" in text_of(client, order)
    Invoice.objects.filter(pk=invoice.pk).update(official_number="SI-77", official_source="erp")
    assert flow(client, invoice)["Official number"] == "SI-77"
    assert f"As {erp.connection} posted it, beside ours" in text_of(client, invoice)


@pytest.mark.parametrize(
    "change",
    [None, _serving_another, _disabled, _not_reporting],
    ids=["no ERP", "another company", "disabled", "no reports"],
)
def test_says_nothing_where_nobody_gives_it(
    market: Market, order: Order, client: Client, change: object, request: pytest.FixtureRequest
) -> None:
    if callable(change):
        connection = request.getfixturevalue("erp").connection
        change(connection)
        connection.save()
    invoice = billed(order, market, what="all")

    for record in (invoice, order):
        assert "Official number" not in flow(client, record)
        assert "no official number yet" not in text_of(client, record)
    assert "Invoice of record" not in text_of(client, invoice)


def test_keeps_what_was_posted_once_nobody_gives_it_any_more(
    market: Market, order: Order, client: Client
) -> None:
    invoice = billed(order, market, what="all")
    Invoice.objects.filter(pk=invoice.pk).update(official_number="SI-77")

    assert flow(client, invoice)["Official number"] == "SI-77"
    assert "As it was posted, beside ours" in text_of(client, invoice)


@pytest.mark.parametrize("gives", [True, False])
def test_says_who_gives_it_when_the_invoice_is_issued(
    market: Market, order: Order, client: Client, gives: bool, request: pytest.FixtureRequest
) -> None:
    sentence = "is issued."
    if gives:
        system = request.getfixturevalue("erp").connection
        sentence = f"is issued. The official number comes from {system}."
    draft = invoice_order(order.pk, actor=market.rep, what="all")

    page = client.post(f"/invoices/{draft.pk}/issue/", {"seen": ""}, follow=True)

    draft.refresh_from_db()
    assert f"{draft} {sentence}" in unescape(page.content.decode())
    assert ("The official number comes" in unescape(page.content.decode())) is gives


def test_names_the_system_that_posted_it(
    market: Market, order: Order, erp: FarEnd, client: Client, httpserver: HTTPServer
) -> None:
    other = connect(httpserver, "ledger", [])
    invoice = billed(order, market, what="all")

    Invoice.objects.filter(pk=invoice.pk).update(official_number="L-1", official_source="ledger")

    assert f"As {other.connection} posted it, beside ours" in text_of(client, invoice)
