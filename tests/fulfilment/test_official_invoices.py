"""Invoice of record: the number, the day and the figures that count, and what differs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from fulfilment.models import Discrepancy, ExternalRef, InboundMessage
from sales.models import Invoice
from tests.factories import Market
from tests.fulfilment.conftest import (
    INVOICE_EVENTS,
    FarEnd,
    connect,
    submitted_order,
)
from tests.fulfilment.messages import open_values, paid, posted, receive_from


def test_an_older_invoice_of_record_changes_nothing(invoice: Invoice, erp: FarEnd) -> None:
    early = posted(invoice, "SI-1")
    receive_from(erp, posted(invoice, "SI-1", total="120.05"))

    assert receive_from(erp, early) == "stale"

    invoice.refresh_from_db()
    assert str(invoice.official_total) == "120.05000"
    assert open_values("field") == [("invoice_total", "", "120", "120.05")]


def test_does_not_give_one_official_number_to_two_invoices(
    invoice: Invoice, market: Market, erp: FarEnd
) -> None:
    submitted_order(market, "1")
    second = Invoice.objects.latest("id")
    receive_from(erp, posted(invoice, "SI-1"))

    assert receive_from(erp, posted(second, "SI-1")) == "conflict"

    second.refresh_from_db()
    assert (second.official_number, second.official_total) == ("", None)
    assert open_values("field") == [("reference", "official_number", "", "SI-1")]
    assert InboundMessage.objects.latest("id").display_detail == (
        f"SI-1 is the number of another invoice, not of {second}."
    )


@pytest.mark.parametrize("day", ["1969-12-31", "9999-12-31"])
def test_does_not_take_a_day_that_cannot_be(invoice: Invoice, erp: FarEnd, day: str) -> None:
    receive_from(erp, posted(invoice, "SI-0", total="120.01"))
    message = posted(invoice, "SI-1")
    message["data"]["issued_on"] = day

    assert receive_from(erp, message) == "conflict"

    invoice.refresh_from_db()
    assert (invoice.official_number, invoice.official_issued_on) == ("SI-0", invoice.issued_on)
    assert str(invoice.official_total) == "120.01000"
    assert ("field", "issued_on", str(invoice.issued_on), day) in open_values("field")
    assert ("reference", "official_number", "SI-0", "SI-1") not in open_values("field")


@pytest.mark.parametrize("make", [posted, paid])
def test_takes_nothing_of_a_report_that_cannot_be(
    invoice: Invoice, erp: FarEnd, make: Callable[..., dict[str, Any]]
) -> None:
    message = make(invoice, "SI-1")
    for name in ("issued_on", "paid_on"):
        if name in message["data"]:
            message["data"][name] = "1969-12-31"

    assert receive_from(erp, message | {"correction": True}) == "conflict"

    invoice.refresh_from_db()
    assert [
        getattr(invoice, f"official_{name}")
        for name in ("number", "status", "issued_on", "tax", "total")
    ] == ["", "", None, None, None]
    assert invoice.paid == 0


def test_says_of_each_report_what_that_report_said(
    invoice: Invoice, market: Market, httpserver: HTTPServer, erp: FarEnd
) -> None:
    other = connect(httpserver, "other", INVOICE_EVENTS, reports_as=["erp"])
    submitted_order(market, "1")
    billed = Invoice.objects.latest("id")
    receive_from(erp, posted(billed, "SI-1", total="121.00"))
    receive_from(erp, paid(billed, "SI-1", "20.00"))

    receive_from(other, posted(billed, "SI-9", tax="19.00"))

    first, second, third = InboundMessage.objects.order_by("id")
    assert first.display_detail == "Invoice total differs by +1."
    assert second.display_detail == ""
    assert third.display_detail == f"Other reports {billed} as SI-9; SI-1 is recorded."
    assert Discrepancy.objects.get(connection=other.connection, kind="reference").report == third
    assert Discrepancy.objects.get(connection=erp.connection).report == first


def test_takes_the_number_that_a_correction_reports(invoice: Invoice, erp: FarEnd) -> None:
    receive_from(erp, posted(invoice, "SI-1"))

    assert receive_from(erp, posted(invoice, "SI-2") | {"correction": True}) == "applied"

    invoice.refresh_from_db()
    assert invoice.official_number == "SI-2"
    assert open_values("field") == []


def test_an_invoice_is_paid_only_when_nothing_is_open(invoice: Invoice, erp: FarEnd) -> None:
    receive_from(erp, paid(invoice, "SI-1", "50.00"))

    invoice.refresh_from_db()
    assert (invoice.status, invoice.official_status) == ("partly_paid", "part paid")

    rest = paid(invoice, "SI-1", "70.00")
    rest["data"]["payment_ref"] = "PAY-2"
    receive_from(erp, rest)

    invoice.refresh_from_db()
    assert (invoice.status, invoice.official_status) == ("paid", "paid")


def test_leaves_no_conflict_open_of_which_nothing_is_to_decide(
    invoice: Invoice, erp: FarEnd
) -> None:
    early = posted(invoice, "SI-1")
    receive_from(erp, posted(invoice, "SI-2") | {"correction": True})

    assert receive_from(erp, early) == "stale"

    assert not InboundMessage.objects.filter(result="conflict").exists()
    assert open_values("field") == []


def test_says_of_a_number_every_reason_why_it_does_not_count(
    market: Market, invoice: Invoice, erp: FarEnd
) -> None:
    submitted_order(market, "1")
    other = Invoice.objects.exclude(pk=invoice.pk).get()
    receive_from(erp, posted(other, "SI-1"))
    receive_from(erp, posted(invoice, "SI-2"))

    assert receive_from(erp, posted(invoice, "SI-1")) == "conflict"

    assert Discrepancy.objects.open().get().display_rule == (
        f"ERP reports {invoice} as SI-1; SI-2 is recorded. "
        f"SI-1 is the number of another invoice, not of {invoice}."
    )


def test_names_in_its_answer_every_discrepancy_that_it_opens(
    invoice: Invoice, erp: FarEnd, httpserver: HTTPServer
) -> None:
    other = connect(httpserver, "ledger", ["invoice.issued"], reports_as=["erp"])
    ExternalRef.objects.create(
        connection=other.connection, record_type="invoice", record_id=invoice.pk, external_id="L-1"
    )
    receive_from(other, paid(invoice, "L-77", "20.00"))

    assert receive_from(erp, posted(invoice, "SI-1")) == "applied"

    [opened] = Discrepancy.objects.open()
    stored = InboundMessage.objects.get(connection=erp.connection)
    assert (opened.connection, opened.display_rule) == (
        other.connection,
        f"Ledger reports {invoice} as L-77; SI-1 is recorded.",
    )
    assert stored.display_detail == opened.display_rule
