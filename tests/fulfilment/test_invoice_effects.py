"""Effects of an ERP's messages about an invoice: the invoice of record, credit notes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from fulfilment.models import Discrepancy, ExternalRef, InboundMessage
from sales.models import Invoice, Product
from tests.factories import Market
from tests.fulfilment.conftest import INVOICE_EVENTS, FarEnd, connect, submitted_order
from tests.fulfilment.messages import credited, paid, posted, receive_from


def open_values() -> list[tuple[str, str, str, str]]:
    """Kind, field and both values of every open discrepancy."""
    found = Discrepancy.objects.filter(resolved_at__isnull=True).order_by("id")
    return list(found.values_list("kind", "field", "ours", "theirs"))


def half(invoice: Invoice) -> list[dict[str, str]]:
    """Half a unit of what may be sold in halves."""
    Product.objects.update(decimals=1)
    return [{"invoice_line": str(invoice.lines.get().pk), "quantity": "0.5"}]


def test_an_older_invoice_of_record_changes_nothing(invoice: Invoice, erp: FarEnd) -> None:
    early = posted(invoice, "SI-1")
    receive_from(erp, posted(invoice, "SI-1", total="120.05"))

    assert receive_from(erp, early) == "stale"

    invoice.refresh_from_db()
    assert str(invoice.official_total) == "120.05000"
    assert open_values() == [("invoice_total", "", "120", "120.05")]


def test_does_not_give_one_official_number_to_two_invoices(
    invoice: Invoice, market: Market, erp: FarEnd
) -> None:
    submitted_order(market, "1")
    second = Invoice.objects.latest("id")
    receive_from(erp, posted(invoice, "SI-1"))

    assert receive_from(erp, posted(second, "SI-1")) == "conflict"

    second.refresh_from_db()
    assert (second.official_number, second.official_total) == ("", None)
    assert open_values() == [("reference", "official_number", "", "SI-1")]
    assert InboundMessage.objects.latest("id").display_detail == (
        f"SI-1 is the number of another invoice, not of {second}."
    )


@pytest.mark.parametrize("day", ["1969-12-31", "9999-12-31"])
def test_does_not_take_a_day_that_cannot_be(invoice: Invoice, erp: FarEnd, day: str) -> None:
    message = posted(invoice, "SI-1")
    message["data"]["issued_on"] = day
    receive_from(erp, posted(invoice, "SI-0", total="120.01"))

    assert receive_from(erp, message) == "conflict"

    invoice.refresh_from_db()
    assert (invoice.official_number, invoice.official_issued_on) == ("SI-0", invoice.issued_on)
    assert str(invoice.official_total) == "120.01000"
    assert ("field", "issued_on", str(invoice.issued_on), day) in open_values()
    assert ("reference", "official_number", "SI-0", "SI-1") not in open_values()


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
    assert open_values() == []


def test_issues_the_credit_note_of_the_erp_once(invoice: Invoice, erp: FarEnd) -> None:
    assert receive_from(erp, credited(invoice, "CR-1")) == "applied"
    assert receive_from(erp, credited(invoice, "CR-1")) == "applied"

    invoice.refresh_from_db()
    note = Invoice.objects.get(kind="credit_note")
    assert (invoice.status, invoice.credited, note.total) == ("cancelled", 120, 120)
    assert (note.official_number, note.official_status, note.reason) == (
        "SC-CR-1",
        "posted",
        "Broken",
    )
    assert note.bill_again is False
    assert ExternalRef.objects.get(external_id="CR-1").record_id == note.pk


def test_credits_the_lines_that_are_named(invoice: Invoice, erp: FarEnd) -> None:
    message = credited(invoice, "CR-1", "60.00", lines=half(invoice), bill_again=True)

    assert receive_from(erp, message) == "applied"

    invoice.refresh_from_db()
    assert [invoice.credited, invoice.outstanding] == [60, 60]
    assert open_values() == []


@pytest.mark.parametrize("amount", ["50.00", "-120.00", "0.00", "120.01"])
def test_keeps_a_credit_note_that_does_not_say_what_it_credits(
    invoice: Invoice, erp: FarEnd, amount: str
) -> None:
    assert receive_from(erp, credited(invoice, "CR-1", amount)) == "conflict"

    assert not Invoice.objects.filter(kind="credit_note").exists()
    assert not ExternalRef.objects.filter(external_id="CR-1").exists()
    assert open_values() == [("credit", "CR-1", "120", amount.removesuffix(".00"))]
    assert InboundMessage.objects.get().display_detail == (
        f"CR-1 credits a part of {invoice}: it must name the lines."
    )


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"credited_on": "9999-11-29"}, "9999"),
        ({"credited_on": "1969-11-29"}, "enter that day or a later one"),
        ({"amount": "-60.00"}, "Enter an amount above zero."),
        ({"amount": "0.00"}, "Enter an amount above zero."),
    ],
)
def test_keeps_a_credit_note_of_a_day_or_an_amount_that_cannot_be(
    invoice: Invoice, erp: FarEnd, wrong: dict[str, str], why: str
) -> None:
    said = {"amount": "60.00", **wrong}
    message = credited(invoice, "CR-1", said.pop("amount"), lines=half(invoice), **said)

    assert receive_from(erp, message) == "quarantined"

    stored = InboundMessage.objects.get()
    assert (stored.root_id, stored.is_open) == (invoice.pk, True)
    assert why in stored.display_detail
    assert not Invoice.objects.filter(kind="credit_note").exists()


def test_keeps_a_credit_of_more_than_is_left(invoice: Invoice, erp: FarEnd) -> None:
    receive_from(erp, credited(invoice, "CR-1", "60.00", lines=half(invoice)))
    lines = half(invoice)
    lines[0]["quantity"] = "0.75"

    assert receive_from(erp, credited(invoice, "CR-2", "90.00", lines=lines)) == "conflict"

    assert Invoice.objects.filter(kind="credit_note").count() == 1
    assert open_values() == [("credit", "CR-2", "60", "90")]


def test_never_changes_a_credit_note_that_is_issued(invoice: Invoice, erp: FarEnd) -> None:
    receive_from(erp, credited(invoice, "CR-1", "60.00", lines=half(invoice)))

    other = credited(invoice, "CR-1", "72.00", lines=half(invoice))
    assert receive_from(erp, other) == "conflict"

    invoice.refresh_from_db()
    assert invoice.credited == 60
    assert open_values() == [("credit", "CR-1", "60", "72")]


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
    assert open_values() == []
