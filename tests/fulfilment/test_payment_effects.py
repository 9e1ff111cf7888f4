"""Effects of an ERP's messages about payments: other amounts, impossible ones, reversals."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from fulfilment.cloudevents import plain
from fulfilment.models import Discrepancy, InboundMessage
from sales.models import Company, Invoice, Payment, SalesEvent
from sales.services.customer_credit import apply_credit
from sales.services.integrity.verification import verify
from sales.services.payments import record_payment, refund_payment
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.messages import credited, open_values, paid, receive_from, taken_back
from tests.sales.payment_steps import bill


def entries(invoice: Invoice) -> list[tuple[str, int]]:
    """Kind and amount of each entry of an invoice, in order."""
    found = Payment.objects.filter(invoice=invoice).order_by("id")
    return [(entry.kind, int(entry.amount)) for entry in found]


@pytest.mark.parametrize("amount", ["0.00", "-20.00", "0.00001"])
def test_keeps_an_amount_that_cannot_be_paid(invoice: Invoice, erp: FarEnd, amount: str) -> None:
    assert receive_from(erp, paid(invoice, "SI-1", amount)) == "conflict"

    assert entries(invoice) == []
    invoice.refresh_from_db()
    assert (invoice.status, invoice.official_number, invoice.official_status) == (
        "issued",
        "",
        "",
    )
    assert open_values() == [("payment", "0", f"{Decimal(amount).normalize():f}")]


@pytest.mark.parametrize(
    ("company", "theirs"),
    [
        ("Europe/Paris", "UTC"),
        ("America/New_York", "Asia/Tokyo"),
        ("Asia/Tokyo", "America/New_York"),
    ],
)
def test_takes_the_day_it_is_where_a_system_sits(
    market: Market, erp: FarEnd, company: str, theirs: str
) -> None:
    """In the last hour of the day, by UTC, the three calendars differ by one day."""
    with time_machine.travel(dt.datetime(2026, 11, 30, 23, 30, tzinfo=dt.UTC), tick=False):
        Company.objects.update(time_zone=company)
        market.company.refresh_from_db()
        invoice, today = bill(market), timezone.localdate(timezone=ZoneInfo(theirs))
        assert today != invoice.issued_on
        messages = [paid(invoice, "SI-1"), taken_back(invoice, "20.00")]
        messages.append(credited(invoice, "CR-1", f"{invoice.total:.2f}"))
        for message, day in zip(messages, ("paid_on", "reversed_on", "credited_on"), strict=True):
            message["data"][day] = today.isoformat()
        assert [receive_from(erp, message) for message in messages] == ["applied"] * 3
    assert not Discrepancy.objects.exists()
    assert not any(verify().values())


def test_says_where_the_same_money_is_recorded_too(
    invoice: Invoice, market: Market, erp: FarEnd
) -> None:
    reference, day = f"PAY-{invoice.number}", invoice.company.today()
    other = bill(market)
    record_payment(
        other.pk, actor=market.rep, amount=Decimal(120), received_on=day, reference=reference
    )

    assert receive_from(erp, paid(invoice, "SI-1")) == "applied"

    assert InboundMessage.objects.latest("id").display_detail == (
        f"Reference {reference} of the same day is also recorded on {other}."
    )
    assert entries(invoice) == [("payment", 120)]


def test_knows_a_reference_in_another_case(invoice: Invoice, erp: FarEnd) -> None:
    receive_from(erp, paid(invoice, "SI-1"))
    again, other = paid(invoice, "SI-1"), paid(invoice, "SI-1", "70.00")
    again["data"]["payment_ref"] = f" pay-{invoice.number} "
    other["data"]["payment_ref"] = f"Pay-{invoice.number}"

    assert receive_from(erp, again) == "applied"
    assert receive_from(erp, other) == "conflict"
    assert open_values() == [("payment", "120", "70")]
    receive_from(erp, taken_back(invoice, "20.00", payment_ref=f"pay-{invoice.number}"))

    assert entries(invoice) == [("payment", 120), ("correction", -20)]
    assert Payment.objects.get(kind="payment").reference == f"PAY-{invoice.number}"


def test_a_chargeback_takes_the_payment_back(invoice: Invoice, erp: FarEnd) -> None:
    receive_from(erp, paid(invoice, "SI-1"))

    assert receive_from(erp, taken_back(invoice, "120.00")) == "applied"

    invoice.refresh_from_db()
    assert invoice.status == "issued"
    assert [invoice.paid, invoice.outstanding] == [0, 120]
    assert invoice.official_status == "posted"
    assert entries(invoice) == [("payment", 120), ("correction", -120)]
    assert Payment.objects.get(kind="correction").reason == "Customer disputes it"
    assert open_values() == []


def test_counts_one_reversal_once_and_another_one_too(invoice: Invoice, erp: FarEnd) -> None:
    receive_from(erp, paid(invoice, "SI-1"))
    for _ in range(2):
        receive_from(erp, taken_back(invoice, "20.00"))

    receive_from(erp, taken_back(invoice, "30.00", reference="CB-2"))

    invoice.refresh_from_db()
    assert (invoice.status, invoice.paid, invoice.official_status) == (
        "partly_paid",
        70,
        "part paid",
    )


def test_keeps_a_reversal_until_its_payment_comes(invoice: Invoice, erp: FarEnd) -> None:
    assert receive_from(erp, taken_back(invoice, "20.00")) == "conflict"
    assert open_values() == [("payment", "0", "-20")]
    assert InboundMessage.objects.get().display_detail == (
        f"ERP has reported no payment PAY-{invoice.number} of {invoice}."
    )

    assert receive_from(erp, paid(invoice, "SI-1")) == "applied"

    invoice.refresh_from_db()
    assert (invoice.paid, open_values()) == (100, [])
    assert InboundMessage.objects.earliest("id").resolved_at is not None


def test_keeps_a_reversal_of_more_than_was_paid(invoice: Invoice, erp: FarEnd) -> None:
    receive_from(erp, paid(invoice, "SI-1", "50.00"))

    assert receive_from(erp, taken_back(invoice, "60.00")) == "conflict"

    invoice.refresh_from_db()
    assert invoice.paid == 50
    assert open_values() == [("payment", "50", "-10")]


def test_counts_reversals_by_their_sequence_as_long_as_the_payment_lasts(
    invoice: Invoice, erp: FarEnd
) -> None:
    payment = paid(invoice, "SI-1", "100.00")
    first, second = taken_back(invoice, "90.00", "V-1"), taken_back(invoice, "20.00", "V-2")
    receive_from(erp, payment)
    assert receive_from(erp, second) == "applied"

    assert receive_from(erp, first) == "applied"

    invoice.refresh_from_db()
    assert invoice.paid == 10
    assert open_values() == [("payment", "10", "-10")]
    refused = InboundMessage.objects.get(body__data__reversal_ref="V-2")
    assert (refused.result, refused.is_open) == ("conflict", True)
    assert refused.display_detail == (
        f"€20.00 of PAY-{invoice.number} is reversed, but only €10.00 of it is left."
    )


@pytest.mark.parametrize(
    ("reference", "amount", "ours", "reason"),
    [
        ("CB-1", "5.00", "-20", "CB-1 is recorded with €20.00"),
        ("CB-2", "-3.00", "0", "Enter an amount above zero."),
        ("CB-2", "0.00", "0", "Enter an amount above zero."),
    ],
)
def test_keeps_a_reversal_that_does_not_fit(
    invoice: Invoice, erp: FarEnd, reference: str, amount: str, ours: str, reason: str
) -> None:
    receive_from(erp, paid(invoice, "SI-1"))
    receive_from(erp, taken_back(invoice, "20.00"))

    assert receive_from(erp, taken_back(invoice, amount, reference)) == "conflict"

    theirs = plain(-Decimal(amount))
    assert open_values() == [("payment", ours, theirs)]
    assert Discrepancy.objects.get(resolved_at=None).part == reference
    assert reason in InboundMessage.objects.latest("id").display_detail
    assert entries(invoice) == [("payment", 120), ("correction", -20)]
    receive_from(erp, taken_back(invoice, "20.00" if ours != "0" else "1.00", reference))
    assert open_values() == []


def test_keeps_another_amount_of_a_payment_beside_a_reversal_of_too_much(
    invoice: Invoice, erp: FarEnd
) -> None:
    receive_from(erp, paid(invoice, "SI-1", "50.00"))
    receive_from(erp, paid(invoice, "SI-1", "60.00"))

    receive_from(erp, taken_back(invoice, "100.00"))

    assert sorted(open_values()) == [("payment", "50", "-50"), ("payment", "50", "60")]


def test_takes_back_what_became_customer_credit_and_is_not_used(
    invoice: Invoice, erp: FarEnd
) -> None:
    receive_from(erp, paid(invoice, "SI-1", "150.00"))
    assert open_values() == [("overpaid", "120", "150")]

    assert receive_from(erp, taken_back(invoice, "150.00")) == "applied"

    invoice.refresh_from_db()
    assert (invoice.status, invoice.paid, invoice.moved_to_credit) == ("issued", 0, 0)
    assert entries(invoice) == [
        ("payment", 150),
        ("to_credit", -30),
        ("correction", -150),
        ("to_credit", 30),
    ]
    assert open_values() == []
    assert not any(verify().values())


def test_a_reversal_that_waits_is_applied_before_there_is_credit(
    invoice: Invoice, erp: FarEnd
) -> None:
    receive_from(erp, taken_back(invoice, "130.00"))

    assert receive_from(erp, paid(invoice, "SI-1", "150.00")) == "applied"

    invoice.refresh_from_db()
    assert (invoice.status, invoice.paid) == ("partly_paid", 20)
    assert entries(invoice) == [("payment", 150), ("correction", -130)]
    assert open_values() == []
    events = SalesEvent.objects.filter(subject_id=invoice.pk).order_by("id")
    assert list(events.values_list("type", flat=True))[-3:] == [
        "invoice.paid",
        "invoice.payment_corrected",
        "invoice.posted",
    ]


def test_does_not_take_back_credit_that_was_used(
    invoice: Invoice, market: Market, erp: FarEnd
) -> None:
    receive_from(erp, paid(invoice, "SI-1", "150.00"))
    apply_credit(bill(market).pk, actor=market.rep)

    assert receive_from(erp, taken_back(invoice, "150.00")) == "conflict"

    invoice.refresh_from_db()
    assert (invoice.status, invoice.paid, invoice.moved_to_credit) == ("paid", 150, 30)
    assert "€30.00 of" in InboundMessage.objects.latest("id").display_detail


def test_does_not_take_back_what_was_refunded(
    invoice: Invoice, market: Market, erp: FarEnd
) -> None:
    receive_from(erp, paid(invoice, "SI-1"))
    receive_from(erp, credited(invoice, "CR-1"))
    day = invoice.company.today()
    refund_payment(
        invoice.pk, actor=market.rep, amount=Decimal(120), refunded_on=day, reason="Broken"
    )

    assert receive_from(erp, taken_back(invoice, "20.00")) == "conflict"

    assert entries(invoice) == [("payment", 120), ("refund", -120)]
    assert open_values() == [("payment", "120", "100")]
    invoice.refresh_from_db()
    assert [invoice.status, invoice.outstanding] == ["cancelled", 0]


def test_a_reversal_of_what_is_still_to_be_refunded_leaves_less_of_it(
    invoice: Invoice, erp: FarEnd
) -> None:
    receive_from(erp, credited(invoice, "CR-1"))
    receive_from(erp, paid(invoice, "SI-1"))

    assert receive_from(erp, taken_back(invoice, "20.00")) == "applied"

    invoice.refresh_from_db()
    assert [invoice.status, invoice.to_refund, invoice.moved_to_credit] == ["paid", 100, 0]
    assert receive_from(erp, taken_back(invoice, "100.00", "CB-2")) == "applied"
    invoice.refresh_from_db()
    assert [invoice.status, invoice.to_refund] == ["cancelled", 0]


def test_a_correction_sets_the_amount_of_a_payment(invoice: Invoice, erp: FarEnd) -> None:
    receive_from(erp, paid(invoice, "SI-1", "50.00"))

    corrected = paid(invoice, "SI-1", "45.00") | {"correction": True}
    assert receive_from(erp, corrected) == "applied"

    assert entries(invoice) == [("payment", 50), ("correction", -5)]
    assert open_values() == []


def test_never_corrects_what_a_person_recorded(
    invoice: Invoice, market: Market, erp: FarEnd
) -> None:
    reference, day = f"PAY-{invoice.number}", invoice.company.today()
    record_payment(
        invoice.pk, actor=market.rep, amount=Decimal(50), received_on=day, reference=reference
    )

    assert receive_from(erp, paid(invoice, "SI-1", "60.00")) == "conflict"

    assert entries(invoice) == [("payment", 50)]
    assert open_values() == [("payment", "50", "60")]


def test_reverses_what_a_person_recorded_once_the_connection_has_reported_it_too(
    invoice: Invoice, market: Market, erp: FarEnd
) -> None:
    reference, day = f"PAY-{invoice.number}", invoice.company.today()
    record_payment(
        invoice.pk, actor=market.rep, amount=Decimal(50), received_on=day, reference=reference
    )

    assert receive_from(erp, taken_back(invoice, "20.00")) == "conflict"
    assert open_values() == [("payment", "0", "-20")]
    assert receive_from(erp, paid(invoice, "SI-1", "50.00")) == "applied"

    assert entries(invoice) == [("payment", 50), ("correction", -20)]
    assert open_values() == []


def test_a_person_cannot_record_once_more_what_a_connection_reported(
    invoice: Invoice, market: Market, erp: FarEnd
) -> None:
    receive_from(erp, paid(invoice, "SI-1", "50.00"))

    recorded = record_payment(
        invoice.pk,
        actor=market.rep,
        amount=Decimal(50),
        received_on=invoice.company.today(),
        reference=f"pay-{invoice.number}",
    )

    assert not recorded.is_new
    assert entries(invoice) == [("payment", 50)]
