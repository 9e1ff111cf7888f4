"""Customer credit: applied to other invoices or refunded, and never overdrawn."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from common.errors import DomainError, MissingField
from crm.models import Activity
from sales.models import CustomerCreditEntry, Invoice, Payment, SalesEvent
from sales.pricing.errors import AmountExceedsOpen
from sales.services.customer_credit import apply_credit, keep_as_credit, refund_credit
from sales.services.errors import InvalidDay, NoCustomerCredit, NothingToPay, ReferenceTaken
from sales.services.integrity.verification import verify
from sales.services.payments import record_payment
from tests.concurrency import run_concurrently
from tests.database_assertions import accepted, refused, sql
from tests.factories import AccountFactory, CompanyFactory, Market
from tests.sales.payment_steps import (
    WAY_ON,
    balance,
    bill,
    credit,
    entries,
    pay,
    refused_for,
    stands,
)

pytestmark = pytest.mark.market(tax_rate="0")


@pytest.fixture
def source(market: Market) -> Invoice:
    """An invoice that was paid 25.00 too much."""
    invoice = bill(market)
    pay(invoice, "225", "R1")
    return invoice


def refund(invoice: Invoice, amount: str, **answers: Any) -> tuple[CustomerCreditEntry, bool]:
    """Refund credit of an invoice's customer."""
    given: dict[str, Any] = {
        "actor": invoice.owner,
        "refunded_on": invoice.company.today(),
        "reason": "They asked",
        "reference": "OUT-1",
    } | answers
    return refund_credit(
        invoice.account_id,
        company=invoice.company,
        currency=invoice.currency,
        amount=Decimal(amount),
        **given,
    )


class TestApplying:
    def test_pays_as_much_of_an_invoice_as_there_is(self, market: Market, source: Invoice) -> None:
        invoice = bill(market)

        payment = apply_credit(invoice.pk, actor=market.rep)

        assert (payment.kind, payment.amount) == ("from_credit", 25)
        assert stands(invoice) == ("partly_paid", 175, 0, 0)
        assert SalesEvent.objects.latest("id").type == "invoice.paid_from_credit"

    def test_leaves_what_the_invoice_does_not_need(self, market: Market, source: Invoice) -> None:
        invoice = bill(market, "10.00", "1")
        apply_credit(invoice.pk, actor=market.rep)
        assert stands(invoice) == ("paid", 0, 0, 15)
        moves = CustomerCreditEntry.objects.order_by("id").values_list("kind", "amount")
        assert list(moves) == [("moved", 25), ("applied", -10)]

    @pytest.mark.parametrize(
        ("currency", "price", "paid", "left"),
        [("JPY", "100", "250", 150), ("KWD", "0.105", "0.212", Decimal("0.208"))],
    )
    def test_works_in_every_currency(
        self, db: None, currency: str, price: str, paid: str, left: Decimal
    ) -> None:
        market = Market(currency=currency, tax_rate="0")
        pay(bill(market, price), paid)
        invoice = bill(market, price)
        apply_credit(invoice.pk, actor=market.rep)
        assert stands(invoice) == ("partly_paid", left, 0, 0)

    def test_credit_of_an_invoice_credited_pays_the_next(self, market: Market) -> None:
        first, second = bill(market), bill(market)
        pay(first, "200")
        credit(first, "1")
        keep_as_credit(first.pk, actor=market.rep)
        apply_credit(second.pk, actor=market.rep)
        assert stands(second) == ("partly_paid", 100, 0, 0)

    def test_applied_in_time_it_earns_the_early_payment_discount(
        self, market: Market, source: Invoice
    ) -> None:
        market.payment_terms.early_payment_rate = Decimal("0.02")
        market.payment_terms.early_payment_days = 10
        market.payment_terms.save()
        invoice = bill(market, "10.00", "2")

        apply_credit(invoice.pk, actor=market.rep)

        assert entries(invoice) == [
            ("from_credit", Decimal("19.60")), ("early_payment", Decimal("0.40")),
        ]  # fmt: skip
        assert stands(invoice) == ("paid", 0, 0, Decimal("5.40"))

    def test_nothing_is_applied_to_a_paid_invoice(self, market: Market, source: Invoice) -> None:
        with refused_for(
            NothingToPay,
            f"{source} has nothing left to pay: use the credit of the customer for another.",
        ):
            apply_credit(source.pk, actor=market.rep)

    def test_is_refused_where_there_is_none(self, market: Market) -> None:
        invoice = bill(market)
        sentence = (
            f"{market.account} has no credit in EUR with {market.company}: "
            "record a payment instead."
        )
        with refused_for(NoCustomerCredit, sentence):
            apply_credit(invoice.pk, actor=market.rep)

    def test_belongs_to_one_customer_company_and_currency(
        self, market: Market, source: Invoice
    ) -> None:
        francs = Market(currency="CHF", tax_rate="0")
        francs.account, francs.rep = market.account, market.rep
        others = [
            bill(Market(tax_rate="0")),
            bill(market, company=CompanyFactory.create()),
            bill(francs, currency="CHF", price_list=francs.price_list, tax_zone=francs.zone),
        ]

        for invoice in others:
            with pytest.raises(NoCustomerCredit):
                apply_credit(invoice.pk, actor=market.rep)
        assert balance(source) == 25


class TestRefunds:
    def test_gives_credit_back_and_notes_it_on_the_account(self, source: Invoice) -> None:
        entry, is_new = refund(source, "20.00")

        assert (is_new, entry.amount, entry.payment) == (True, -20, None)
        assert balance(source) == 5
        assert Activity.objects.get().display_text == (
            "Customer credit of 20.00 EUR refunded (OUT-1): They asked"
        )

    def test_the_same_refund_counts_once(self, source: Invoice) -> None:
        assert [refund(source, "20.00")[1] for _ in range(2)] == [True, False]
        assert balance(source) == 5
        day = source.company.today()
        written = f"{day.day} {day:%b} {day.year}"
        sentence = f"OUT-1 is recorded with €20.00 of {written}{WAY_ON}"
        with refused_for(ReferenceTaken, sentence, field="reference"):
            refund(source, "5.00")

    def test_more_than_there_is_is_refused(self, source: Invoice) -> None:
        most = "Only €25.00 can be refunded: enter that at most."
        with refused_for(AmountExceedsOpen, most, field="amount"):
            refund(source, "25.01")

    def test_needs_a_reason_and_a_day_that_has_come(self, source: Invoice) -> None:
        with refused_for(MissingField, "Give the reason.", field="reason"):
            refund(source, "25.00", reason=" ")
        tomorrow = source.company.today() + dt.timedelta(days=1)
        with pytest.raises(InvalidDay, match="is in the future"):
            refund(source, "25.00", refunded_on=tomorrow)
        assert balance(source) == 25

    def test_a_day_before_the_credit_was_there_is_refused(
        self, market: Market, source: Invoice
    ) -> None:
        day = source.company.today()
        sentence = (
            f"€25.00 of credit is there since {day.day} {day:%b} {day.year}: "
            "enter that day or a later one."
        )
        with refused_for(InvalidDay, sentence, field="refunded_on"):
            refund(source, "25.00", refunded_on=day - dt.timedelta(days=1))

    def test_what_was_there_before_may_go_back_on_an_earlier_day(self, market: Market) -> None:
        """15 came on the 1st, 10 of it went on the 5th, 20 came on the 9th."""
        for day, paid in ((1, "215"), (9, "220")):
            with time_machine.travel(dt.datetime(2026, 5, day, 10, tzinfo=dt.UTC), tick=False):
                source = bill(market)
                pay(source, paid, f"R{day}")
            if day == 1:
                with time_machine.travel(dt.datetime(2026, 5, 5, 10, tzinfo=dt.UTC), tick=False):
                    apply_credit(bill(market, "5.00", "2").pk, actor=market.rep)
        fourth, ninth = dt.date(2026, 5, 4), dt.date(2026, 5, 9)

        with pytest.raises(InvalidDay, match=r"€6\.00 of credit is there since 9 May 2026"):
            refund(source, "6", refunded_on=fourth)
        refund(source, "5", refunded_on=fourth)
        refund(source, "20", refunded_on=ninth, reference="OUT-2")
        assert balance(source) == 0


class TestDatabase:
    def test_is_never_overdrawn(self, source: Invoice) -> None:
        with refused("sales_customercreditentry", "not_overdrawn"):
            take(source, "-25.01")
        with refused("sales_customercreditentry", "not_overdrawn"):
            CustomerCreditEntry.objects.bulk_create([row(source, "-13"), row(source, "-13")])
        with accepted():
            take(source, "-25")

    def test_is_written_once(self, source: Invoice) -> None:
        with refused("sales_customercreditentry", "append_only"):
            sql("UPDATE sales_customercreditentry SET amount = 50")
        with refused("sales_customercreditentry", "append_only"):
            sql("DELETE FROM sales_customercreditentry")

    def test_every_entry_of_an_invoice_is_the_other_side_of_its_payment(
        self, source: Invoice
    ) -> None:
        payment = Payment.objects.get(kind="payment")
        stranger = AccountFactory.create()
        for wrong in (
            row(source, "225", kind="moved", payment=payment),
            row(source, "24", kind="moved", payment=Payment.objects.get(kind="to_credit")),
        ):
            with refused("sales_customercreditentry", "mirrors_payment"):
                wrong.save(force_insert=True)
        moved = Payment.objects.get(kind="to_credit")
        with refused("sales_customercreditentry", "mirrors_payment"):
            row(source, "25", kind="moved", payment=moved, account=stranger).save()

    def test_what_an_invoice_moves_is_entered(self, source: Invoice) -> None:
        with refused("sales_payment", "credit_is_entered"):
            sql("UPDATE sales_invoice SET paid = 230, moved_to_credit = 30")
            day = source.company.today()
            Payment.objects.create(invoice=source, amount=5, received_on=day)
            Payment.objects.create(invoice=source, kind="to_credit", amount=-5, received_on=day)

    @pytest.mark.parametrize(
        ("kind", "amount", "reason"),
        [("moved", "5", ""), ("applied", "-5", ""), ("refund", "5", "Asked"), ("refund", "-5", "")],
    )
    def test_every_entry_goes_its_way(
        self, source: Invoice, kind: str, amount: str, reason: str
    ) -> None:
        entry = row(source, amount, kind=kind, reason=reason)
        with (
            pytest.raises(IntegrityError, match="customer_credit_goes_one_way"),
            transaction.atomic(),
        ):
            entry.save(force_insert=True)


def row(invoice: Invoice, amount: str, **fields: Any) -> CustomerCreditEntry:
    """An entry that no service made."""
    given = {
        "kind": "refund",
        "account": invoice.account,
        "company": invoice.company,
        "currency": invoice.currency,
        "amount": Decimal(amount),
        "moved_on": invoice.company.today(),
        "reason": "Past the services",
    } | fields
    return CustomerCreditEntry(**given)


def take(invoice: Invoice, amount: str) -> None:
    """Take credit out past every service."""
    row(invoice, amount).save(force_insert=True)


@pytest.mark.django_db(transaction=True)
class TestConcurrency:
    @pytest.fixture
    def market(self, transactional_db: None) -> Market:
        return Market(tax_rate="0")

    def refusals(self, results: list[Any]) -> int:
        return sum(isinstance(result, DomainError) for result in results)

    def test_credit_is_applied_once_however_many_invoices_want_it(
        self, market: Market, source: Invoice
    ) -> None:
        invoices = [bill(market) for _ in range(4)]

        def use(invoice: Invoice) -> Callable[[], Payment]:
            return lambda: apply_credit(invoice.pk, actor=market.rep)

        results = run_concurrently(*[use(invoice) for invoice in invoices])

        assert self.refusals(results) == 3
        assert balance(source) == 0
        assert {stands(invoice)[1] for invoice in invoices} == {175, 200}

    def test_is_not_refunded_and_applied_at_once(self, market: Market, source: Invoice) -> None:
        invoice = bill(market)

        results = run_concurrently(
            lambda: apply_credit(invoice.pk, actor=market.rep),
            lambda: refund(source, "25", reference="OUT-1"),
            lambda: refund(source, "25", reference="OUT-2"),
        )

        assert self.refusals(results) == 2
        assert balance(source) == 0
        assert not any(verify().values())

    def test_the_database_alone_keeps_it_from_being_overdrawn(self, source: Invoice) -> None:
        refusals: list[str] = []

        def spend() -> None:
            try:
                take(source, "-20")
            except IntegrityError as error:
                refusals.append(str(error))
            finally:
                connection.close()

        second = threading.Thread(target=spend)
        with transaction.atomic():
            take(source, "-20")
            second.start()
            second.join(timeout=0.5)
            assert second.is_alive()  # it waits until it is known what is left
        second.join()

        assert "not_overdrawn" in refusals[0]
        assert balance(source) == 5

    def test_overpayments_of_several_invoices_add_up(self, market: Market) -> None:
        invoices = [bill(market) for _ in range(4)]

        def overpay(invoice: Invoice) -> Callable[[], object]:
            return lambda: record_payment(
                invoice.pk,
                actor=market.rep,
                amount=Decimal(201),
                received_on=market.company.today(),
            )

        run_concurrently(*[overpay(invoice) for invoice in invoices])

        assert balance(invoices[0]) == 4
        assert connection.in_atomic_block is False
        assert not any(verify().values())
