"""Effects of an ERP's messages about credit notes."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fulfilment.models import ExternalRef, InboundMessage
from sales.models import Invoice, Product
from sales.services.credit_notes import credit_invoice
from tests.factories import Market
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


@pytest.mark.parametrize(
    ("amount", "tolerance", "answer"),
    [
        ("5.00", "0", "conflict"),
        ("60.01", "0", "conflict"),
        ("60.01", "0.01", "applied"),
        ("60.02", "0.01", "conflict"),
    ],
)
def test_issues_no_credit_note_over_another_amount_than_its_lines_come_to(
    invoice: Invoice, erp: FarEnd, amount: str, tolerance: str, answer: str
) -> None:
    erp.connection.config = {"tolerance": tolerance}
    erp.connection.save()

    assert receive_from(erp, credited(invoice, "CR-1", amount, lines=half(invoice))) == answer

    is_issued = answer == "applied"
    assert Invoice.objects.filter(kind="credit_note").exists() == is_issued
    assert bool(open_values()) != is_issued
    if not is_issued:
        assert InboundMessage.objects.get().display_detail == (
            f"CR-1 is reported over €{amount}, its lines come to €60.00."
        )
        receive_from(erp, credited(invoice, "CR-1", "60.00", lines=half(invoice)))
        assert Invoice.objects.get(kind="credit_note").total == 60


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
    ("wrong", "reason"),
    [
        ({"credited_on": "9999-11-29"}, "9999"),
        ({"credited_on": "1969-11-29"}, "enter that day or a later one"),
        ({"amount": "-60.00"}, "Enter an amount above zero."),
        ({"amount": "0.00"}, "Enter an amount above zero."),
    ],
)
def test_keeps_a_credit_note_of_a_day_or_an_amount_that_cannot_be(
    invoice: Invoice, erp: FarEnd, wrong: dict[str, str], reason: str
) -> None:
    fields = {"amount": "60.00", **wrong}
    message = credited(invoice, "CR-1", fields.pop("amount"), lines=half(invoice), **fields)

    assert receive_from(erp, message) == "quarantined"

    stored = InboundMessage.objects.get()
    assert (stored.root_id, stored.is_open) == (invoice.pk, True)
    assert reason in stored.display_detail
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


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_that_are_too_much_the_first_to_arrive_is_issued(
    invoice: Invoice, erp: FarEnd, first: int
) -> None:
    Product.objects.update(decimals=2)
    line = str(invoice.lines.get().pk)
    notes = [
        credited(
            invoice, f"CR-{name}", amount, lines=[{"invoice_line": line, "quantity": quantity}]
        )
        for name, amount, quantity in (("0", "90.00", "0.75"), ("1", "60.00", "0.5"))
    ]

    assert receive_from(erp, notes[first]) == "applied"
    assert receive_from(erp, notes[1 - first]) == "conflict"

    invoice.refresh_from_db()
    issued, other = (90, 60) if first == 0 else (60, 90)
    assert invoice.credited == issued
    left = str(120 - issued)
    assert open_values("field") == [("credit", f"CR-{1 - first}", left, str(other))]


def test_knows_a_reference_of_an_invoice_from_one_of_a_credit_note(
    invoice: Invoice, erp: FarEnd
) -> None:
    ExternalRef.objects.create(
        connection=erp.connection,
        record_type="invoice",
        record_id=invoice.pk,
        external_id="77",
    )

    assert receive_from(erp, credited(invoice, "77")) == "conflict"

    assert InboundMessage.objects.get().display_detail == (
        f"77 is the reference of {invoice} in ERP, not of a credit note."
    )
    assert open_values("field") == [("credit", "77", "120", "120")]


def test_shows_what_is_left_when_a_person_credits_a_part(
    invoice: Invoice, market: Market, erp: FarEnd
) -> None:
    receive_from(erp, credited(invoice, "CR-1", "70.00"))
    Product.objects.update(decimals=2)
    quarter = {invoice.lines.get().pk: Decimal("0.25")}

    credit_invoice(invoice.pk, actor=market.rep, reason="Broken", quantities=quarter)

    assert open_values("field", "difference") == [("credit", "CR-1", "-20", "90", "70")]


def test_issues_what_waits_without_the_one_that_no_credit_note_can_be(
    invoice: Invoice, erp: FarEnd
) -> None:
    Product.objects.update(decimals=2)
    line = {"invoice_line": str(invoice.lines.get().pk), "quantity": "0.25"}
    early = credited(invoice, "CR-1", "90.00", credited_on="1969-11-29")
    assert receive_from(erp, early) == "conflict"

    assert receive_from(erp, credited(invoice, "CR-2", "30.00", lines=[line])) == "applied"

    invoice.refresh_from_db()
    assert invoice.credited == 30
    assert open_values("field") == [("credit", "CR-1", "90", "90")]
    assert "enter that day or a later one" in InboundMessage.objects.earliest("id").display_detail
