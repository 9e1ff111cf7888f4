"""Payments are recorded, refunded where they were too much, and written off where none comes."""

from __future__ import annotations

from decimal import Decimal

import time_machine

from common.errors import MissingField
from sales.models import Invoice, Payment, SalesEvent
from sales.pricing.errors import AmountExceedsOpen, InvalidAmount
from sales.services.credit_notes import credit_invoice
from sales.services.customer_credit import apply_credit, keep_as_credit
from sales.services.errors import (
    AlreadyRefunded,
    NothingToPay,
    NothingToRefund,
    ReferenceTaken,
)
from sales.services.payments import Stay, correct_payment, lock_issued, write_off_invoice
from tests.factories import Market
from tests.sales.payment_steps import (
    ERP,
    NOON,
    ONE_DAY,
    UNTAXED_ON_THE_THIRD_OF_MAY,
    WAY_ON,
    bill,
    credit,
    entries,
    pay,
    refund,
    refused_for,
    stands,
)

pytestmark = UNTAXED_ON_THE_THIRD_OF_MAY

NOTHING_TO_REFUND = (
    "INV-2026-00001 has nothing to refund, since no more is paid than it asks for: "
    "credit first what the customer is to get back."
)
NOTHING_TO_WRITE_OFF = (
    "INV-2026-00001 has nothing left to write off: choose an invoice of which an amount is open."
)


class TestRefunds:
    def test_paid_200_and_credited_100_has_100_to_refund(self, invoice: Invoice) -> None:
        pay(invoice, "200")
        credit(invoice, "1")
        assert stands(invoice) == ("paid", -100, 100, 0)

    def test_a_refund_is_an_entry_of_its_own(self, invoice: Invoice) -> None:
        pay(invoice, "200")
        credit(invoice, "1")

        entry = refund(invoice, "60.00")

        assert stands(invoice) == ("paid", -40, 40, 0)
        assert (invoice.paid, invoice.refunded) == (200, 60)
        assert (entry.kind, entry.amount, entry.reason) == ("refund", -60, "Broken")
        assert SalesEvent.objects.latest("id").type == "invoice.refunded"

    def test_or_it_is_moved_to_customer_credit(self, invoice: Invoice) -> None:
        pay(invoice, "200")
        credit(invoice, "1")
        keep_as_credit(invoice.pk, actor=invoice.owner)
        assert stands(invoice) == ("paid", 0, 0, 100)
        assert SalesEvent.objects.latest("id").type == "invoice.moved_to_credit"

        with refused_for(NothingToRefund, NOTHING_TO_REFUND):
            keep_as_credit(invoice.pk, actor=invoice.owner)

    def test_an_invoice_credited_and_refunded_in_full_is_cancelled(self, invoice: Invoice) -> None:
        pay(invoice, "200")
        credit_invoice(invoice.pk, actor=invoice.owner, reason="Broken")
        assert stands(invoice) == ("paid", -200, 200, 0)
        refund(invoice, "200.00")
        assert stands(invoice) == ("cancelled", 0, 0, 0)

    def test_the_same_refund_counts_once(self, invoice: Invoice) -> None:
        pay(invoice, "200")
        credit(invoice, "1")
        assert refund(invoice, "60.00") == refund(invoice, "60.00")
        assert stands(invoice) == ("paid", -40, 40, 0)

        sentence = f"OUT-1 is recorded with €60.00 of 3 May 2026{WAY_ON}"
        with refused_for(ReferenceTaken, sentence, field="reference"):
            refund(invoice, "40.00")

    def test_more_than_was_paid_too_much_is_refused(self, invoice: Invoice) -> None:
        pay(invoice, "200")
        credit(invoice, "1")
        most = "Only €100.00 can be refunded: enter that at most."
        with refused_for(AmountExceedsOpen, most, field="amount"):
            refund(invoice, "100.01")

    def test_nothing_is_refunded_of_what_is_owed(self, invoice: Invoice) -> None:
        pay(invoice, "150")
        with refused_for(NothingToRefund, NOTHING_TO_REFUND, field="amount"):
            refund(invoice, "10")

    def test_needs_a_reason(self, invoice: Invoice) -> None:
        pay(invoice, "200")
        credit(invoice, "1")
        with refused_for(MissingField, "Give the reason.", field="reason"):
            refund(invoice, "100.00", reason=" ")

    def test_what_was_never_money_is_not_refunded(self, invoice: Invoice) -> None:
        write_off_invoice(invoice.pk, actor=invoice.owner, reason="Insolvent")
        credit(invoice, "1")
        assert stands(invoice) == ("paid", 0, 0, 0)


class TestWriteOffs:
    def write_off(self, invoice: Invoice, reason: str = "Insolvent") -> Invoice:
        return write_off_invoice(invoice.pk, actor=invoice.owner, reason=reason)

    def test_gives_up_what_is_open(self, invoice: Invoice) -> None:
        pay(invoice, "150")
        self.write_off(invoice)

        assert stands(invoice) == ("paid", 0, 0, 0)
        assert (invoice.paid, invoice.written_off) == (150, 50)
        assert entries(invoice) == [("payment", 150), ("write_off", 50)]
        assert Payment.objects.get(kind="write_off").reason == "Insolvent"
        assert SalesEvent.objects.latest("id").type == "invoice.written_off"

    def test_what_is_written_off_is_not_overdue(self, invoice: Invoice) -> None:
        late = NOON + 90 * ONE_DAY
        with time_machine.travel(late, tick=False):
            assert list(Invoice.objects.all().overdue()) == [invoice]
            self.write_off(invoice)
            assert not Invoice.objects.get().is_overdue()
            assert not Invoice.objects.all().overdue().exists()

    def test_needs_a_reason_and_something_open(self, invoice: Invoice) -> None:
        with refused_for(MissingField, "Give the reason.", field="reason"):
            self.write_off(invoice, " ")
        self.write_off(invoice)
        with refused_for(NothingToPay, NOTHING_TO_WRITE_OFF):
            self.write_off(invoice)

    def test_money_that_comes_after_all_takes_it_back(self, invoice: Invoice) -> None:
        self.write_off(invoice)
        pay(invoice, "150", "R1")
        assert stands(invoice) == ("paid", 0, 0, 0)
        assert invoice.written_off == 50

        pay(invoice, "80", "R2")
        assert stands(invoice) == ("paid", 0, 0, 30)
        assert invoice.written_off == 0
        assert entries(invoice) == [
            ("write_off", 200), ("payment", 150), ("write_off", -150),
            ("payment", 80), ("write_off", -50), ("to_credit", -30),
        ]  # fmt: skip

    def test_a_credit_note_takes_its_part_back(self, invoice: Invoice) -> None:
        pay(invoice, "150")
        self.write_off(invoice)
        note = credit(invoice, "1")

        assert stands(invoice) == ("paid", -50, 50, 0)
        assert invoice.written_off == 0
        assert Payment.objects.latest("id").reason == str(note)

    def test_an_invoice_written_off_may_be_cancelled(self, invoice: Invoice) -> None:
        self.write_off(invoice)
        credit_invoice(invoice.pk, actor=invoice.owner, reason="Broken")
        assert stands(invoice) == ("cancelled", 0, 0, 0)

    def test_leaves_the_early_payment_discount_consistent(self, market: Market) -> None:
        market.payment_terms.early_payment_rate = Decimal("0.02")
        market.payment_terms.early_payment_days = 10
        market.payment_terms.save()
        invoice = bill(market)
        self.write_off(invoice)
        pay(invoice, "196")
        assert stands(invoice) == ("paid", 0, 0, 0)
        assert (invoice.paid, invoice.discounted, invoice.written_off) == (196, 4, 0)


class TestCorrections:
    def correct(
        self, invoice: Invoice, amount: str, reason: str = "Chargeback", reference: str = "P-1"
    ) -> None:
        payment = Payment.objects.get(invoice=invoice, reference=reference)
        stay = Stay(Decimal(amount), invoice.company.today(), reason)
        correct_payment(lock_issued(invoice.pk), payment, stay, actor=ERP)
        invoice.refresh_from_db()

    def test_takes_a_payment_back_in_whole(self, invoice: Invoice) -> None:
        pay(invoice, "200", "P-1")

        self.correct(invoice, "0")

        assert stands(invoice) == ("issued", 200, 0, 0)
        assert entries(invoice) == [("payment", 200), ("correction", -200)]
        last = Payment.objects.latest("id")
        assert (last.corrects, last.reason, last.source) == (
            Payment.objects.earliest("id"),
            "Chargeback",
            "erp",
        )
        assert SalesEvent.objects.latest("id").type == "invoice.payment_corrected"

    def test_or_in_part_and_back_again(self, invoice: Invoice) -> None:
        pay(invoice, "150", "P-1")
        self.correct(invoice, "50")
        assert stands(invoice) == ("partly_paid", 150, 0, 0)

        self.correct(invoice, "220")

        assert stands(invoice) == ("paid", 0, 0, 20)
        assert entries(invoice) == [
            ("payment", 150), ("correction", -100), ("correction", 170), ("to_credit", -20),
        ]  # fmt: skip

    def test_does_nothing_when_the_payment_is_so_already(self, invoice: Invoice) -> None:
        pay(invoice, "150", "P-1")
        version = invoice.version

        self.correct(invoice, "150", reason="")

        assert (entries(invoice), invoice.version) == ([("payment", 150)], version)

    def test_takes_the_early_payment_discount_back_with_it(self, market: Market) -> None:
        market.payment_terms.early_payment_rate = Decimal("0.02")
        market.payment_terms.early_payment_days = 10
        market.payment_terms.save()
        invoice = bill(market)
        pay(invoice, "196", "P-1")
        assert invoice.discounted == 4

        self.correct(invoice, "0")

        assert stands(invoice) == ("issued", 200, 0, 0)
        assert invoice.discounted == 0

    def test_needs_a_reason_and_an_amount(self, invoice: Invoice) -> None:
        pay(invoice, "150", "P-1")

        with refused_for(MissingField, "Give the reason.", "reason"):
            self.correct(invoice, "0", reason=" ")
        with refused_for(InvalidAmount, "Enter an amount of zero or more.", "amount"):
            self.correct(invoice, "-1")

    def test_does_not_take_back_what_was_given_back(self, invoice: Invoice, market: Market) -> None:
        pay(invoice, "230", "P-1")
        apply_credit(bill(market).pk, actor=market.rep)
        refusal = (
            "€30.00 of INV-2026-00001 is refunded or customer credit: "
            "the payment is not taken back, invoice the customer for it."
        )

        with refused_for(AlreadyRefunded, refusal):
            self.correct(invoice, "0")
