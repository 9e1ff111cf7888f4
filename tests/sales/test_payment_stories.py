"""Whatever is paid, credited, refunded, applied and written off: no money is lost or made up."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal
from random import Random

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from common.errors import DomainError
from sales.models import CustomerCreditEntry, Invoice, Payment
from sales.pricing.money import minor_units
from sales.services.credit_notes import credit_invoice
from sales.services.customer_credit import apply_credit, keep_as_credit, refund_credit
from sales.services.integrity.verification import verify
from sales.services.payments import record_payment, refund_payment, write_off_invoice
from tests.factories import Market
from tests.sales.payment_steps import bill

STEPS = 25
PARTS = ("0.3", "0.5", "0.98", "1", "1", "1.1", "2")
SLOWLY = settings(
    derandomize=True,
    max_examples=6,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


class Books:
    """Three invoices of one customer, and everything that people do about their money."""

    def __init__(self, currency: str, dice: Random) -> None:
        self.dice = dice
        self.market = Market(currency=currency)
        self.market.payment_terms.early_payment_rate = Decimal("0.02")
        self.market.payment_terms.early_payment_days = 10
        self.market.payment_terms.save()
        price = {"JPY": "333", "EUR": "33.33", "KWD": "3.333"}[currency]
        self.invoices = [bill(self.market, price, "3") for _ in range(3)]
        self.done: list[str] = []

    def step(self) -> None:
        """Do one of the things that people do; whether it is refused is not the question."""
        invoice = self.dice.choice(self.invoices)
        invoice.refresh_from_db()
        use_case = self.dice.choice(
            [self.pay, self.pay, self.credit, self.refund, self.refund_credit, self.other]
        )
        try:
            use_case(invoice)
        except DomainError:
            return
        self.done.append(use_case.__name__)

    def pay(self, invoice: Invoice) -> None:
        """Pay a part, all, or too much, now and then with a reference that was used."""
        record_payment(
            invoice.pk,
            actor=self.market.rep,
            amount=self.part(invoice.outstanding or invoice.total),
            received_on=invoice.company.today(),
            reference=self.dice.choice(["", "R1", "R2"]),
        )

    def credit(self, invoice: Invoice) -> None:
        """Credit one, or all that is left."""
        line = invoice.lines.get()
        chosen = self.dice.choice([None, {line.pk: Decimal(1)}])
        credit_invoice(invoice.pk, actor=self.market.rep, reason="Broken", quantities=chosen)

    def refund(self, invoice: Invoice) -> None:
        """Refund what was paid too much, a part of it, or more."""
        refund_payment(
            invoice.pk,
            actor=self.market.rep,
            amount=self.part(invoice.to_refund),
            refunded_on=invoice.company.today(),
            reason="They asked",
        )

    def refund_credit(self, invoice: Invoice) -> None:
        """Refund credit, a part of it, or more."""
        refund_credit(
            invoice.account_id,
            company=invoice.company,
            currency=invoice.currency,
            actor=self.market.rep,
            amount=self.part(self.customer_credit()),
            refunded_on=invoice.company.today(),
            reason="They asked",
        )

    def other(self, invoice: Invoice) -> None:
        """Apply credit, keep it, or write off."""
        use_cases: list[Callable[[], object]] = [
            lambda: apply_credit(invoice.pk, actor=self.market.rep),
            lambda: keep_as_credit(invoice.pk, actor=self.market.rep),
            lambda: write_off_invoice(invoice.pk, actor=self.market.rep, reason="Insolvent"),
        ]
        self.dice.choice(use_cases)()

    def part(self, amount: Decimal) -> Decimal:
        """Take a part of an amount, all or more, in coins that exist."""
        coin = Decimal(1).scaleb(-minor_units(self.market.currency))
        wanted = amount * Decimal(self.dice.choice(PARTS))
        return wanted.quantize(coin, ROUND_DOWN)

    def customer_credit(self) -> Decimal:
        """What the customer has with us."""
        company = self.market.company.pk
        return CustomerCreditEntry.objects.of(self.market.account.pk, company, self.market.currency)

    def check(self) -> None:
        """Every figure is the sum of its entries, none is negative, and the cash adds up."""
        connection.check_constraints()
        assert [str(each) for found in verify().values() for each in found] == []
        kept = Decimal(0)
        for invoice in self.invoices:
            invoice.refresh_from_db()
            kept += invoice.kept
            self.check_invoice(invoice)
        assert self.customer_credit() >= 0
        assert self.cash() == kept + self.customer_credit()

    def check_invoice(self, invoice: Invoice) -> None:
        """Its entries come to what settles it, beside the credit notes."""
        figures = (
            *(invoice.paid, invoice.refunded, invoice.moved_to_credit, invoice.credited),
            *(invoice.discounted, invoice.written_off, invoice.kept, invoice.to_refund),
        )
        assert min(figures) >= 0, self.done
        entered = invoice.payments.aggregate(sum=Sum("amount", default=Decimal(0)))["sum"]
        assert invoice.settled == entered + invoice.credited, self.done
        assert invoice.outstanding == -invoice.to_refund or invoice.outstanding > 0, self.done
        is_open = invoice.status in {"issued", "partly_paid"}
        assert is_open == (invoice.outstanding > 0), self.done

    @staticmethod
    def cash() -> Decimal:
        """What came in, less what went back."""
        came = Payment.objects.filter(kind__in=["payment", "refund"])
        went = CustomerCreditEntry.objects.filter(kind="refund")
        nothing = Decimal(0)
        total: Decimal = sum(
            (each.aggregate(sum=Sum("amount", default=nothing))["sum"] for each in (came, went)),
            nothing,
        )
        return total


@pytest.mark.parametrize("currency", ["JPY", "EUR", "KWD"])
def test_no_money_is_lost_or_made_up(db: None, currency: str) -> None:
    seen: set[str] = set()

    @SLOWLY
    @given(st.randoms(use_true_random=False))
    def story(dice: Random) -> None:
        with transaction.atomic():
            books = Books(currency, dice)
            for _ in range(STEPS):
                books.step()
                books.check()
            seen.update(books.done)
            transaction.set_rollback(True)

    story()

    assert seen == {"pay", "credit", "refund", "refund_credit", "other"}
