"""Effects of an ERP's messages about an invoice: the invoice of record, credit notes."""

from __future__ import annotations

import pytest

from fulfilment.models import ExternalRef, InboundMessage
from sales.models import Invoice, Product
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.messages import credited, open_values, receive_from


def half(invoice: Invoice) -> list[dict[str, str]]:
    """Half a unit of what may be sold in halves."""
    Product.objects.update(decimals=1)
    return [{"invoice_line": str(invoice.lines.get().pk), "quantity": "0.5"}]


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
    assert open_values("field") == []


@pytest.mark.parametrize("amount", ["50.00", "-120.00", "0.00", "120.01"])
def test_keeps_a_credit_note_that_does_not_say_what_it_credits(
    invoice: Invoice, erp: FarEnd, amount: str
) -> None:
    assert receive_from(erp, credited(invoice, "CR-1", amount)) == "conflict"

    assert not Invoice.objects.filter(kind="credit_note").exists()
    assert not ExternalRef.objects.filter(external_id="CR-1").exists()
    assert open_values("field") == [("credit", "CR-1", "120", amount.removesuffix(".00"))]
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
    assert open_values("field") == [("credit", "CR-2", "60", "90")]


def test_never_changes_a_credit_note_that_is_issued(invoice: Invoice, erp: FarEnd) -> None:
    receive_from(erp, credited(invoice, "CR-1", "60.00", lines=half(invoice)))

    other = credited(invoice, "CR-1", "72.00", lines=half(invoice))
    assert receive_from(erp, other) == "conflict"

    invoice.refresh_from_db()
    assert invoice.credited == 60
    assert open_values("field") == [("credit", "CR-1", "60", "72")]
