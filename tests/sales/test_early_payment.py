"""Early-payment discount: frozen at issue, given once, and shown beside the payments."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fulfilment.payloads import invoice_payload
from sales.models import Invoice, Payment, SalesEvent
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.credit_notes import credit_invoice
from sales.services.customer_credit import keep_as_credit
from sales.services.documents.drafts import draft_invoice, draft_order
from sales.services.documents.lines import add_line
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.orders import submit_order
from sales.services.payments import record_payment
from tests.database_assertions import accepted, refused, sql
from tests.factories import Market

LATER = dt.timedelta(days=30)


def announce(market: Market, rate: str = "0.02", days: int = 10) -> Market:
    """Offer the market's customer a discount for paying early."""
    market.payment_terms.early_payment_rate = Decimal(rate)
    market.payment_terms.early_payment_days = days
    market.payment_terms.save()
    return market


def bill(market: Market, price: str, quantity: str = "1") -> Invoice:
    draft = draft_invoice(actor=market.rep, account=market.account, name="Machines")
    add_line(draft, actor=market.rep, product=market.product(price), quantity=Decimal(quantity))
    return issue_invoice(draft.pk, actor=market.rep)


@pytest.fixture
def invoice(market: Market) -> Invoice:
    """Two machines for 50.00 each, with tax: 120.00, or 117.60 within ten days."""
    return bill(announce(market), "50.00", "2")


def pay(invoice: Invoice, amount: str, *, after: int = 10) -> Invoice:
    """Record money that came some days after the invoice, as late as may be."""
    assert invoice.issued_on
    with time_machine.travel(timezone.now() + LATER):
        record_payment(
            invoice.pk,
            actor=invoice.owner,
            amount=Decimal(amount),
            received_on=invoice.issued_on + dt.timedelta(days=after),
        )
    invoice.refresh_from_db()
    return invoice


def figures(invoice: Invoice) -> tuple[object, ...]:
    """What came, what was kept, what is open, and the status; all of it checked by the database."""
    with accepted():
        assert [str(each) for found in verify().values() for each in found] == []
    return invoice.paid, invoice.discounted, invoice.outstanding, invoice.status


def test_issuing_freezes_what_may_be_kept(invoice: Invoice, market: Market) -> None:
    announce(market, "0.5", 99)
    invoice.refresh_from_db()
    assert invoice.early_payment_rate == Decimal("0.02")
    assert invoice.early_payment_until == market.company.today() + dt.timedelta(days=10)
    assert invoice.early_payment_discount == Decimal("2.40")


@pytest.mark.parametrize(
    ("currency", "price", "discount"),
    [("JPY", "104", "3"), ("EUR", "104.38", "2.51"), ("KWD", "0.188", "0.005")],
)
def test_rounds_half_up_in_every_currency(
    db: None, currency: str, price: str, discount: str
) -> None:
    invoice = bill(announce(Market(currency=currency)), price)
    assert invoice.early_payment_discount == Decimal(discount)


def test_money_in_time_settles_all_of_it(invoice: Invoice) -> None:
    pay(invoice, "117.60")

    assert figures(invoice) == (Decimal("117.60"), Decimal("2.40"), Decimal(0), "paid")
    entries = Payment.objects.order_by("kind").values_list("kind", "amount")
    assert list(entries) == [
        ("early_payment", Decimal("2.40")),
        ("payment", Decimal("117.60")),
    ]
    assert SalesEvent.objects.filter(type=SalesEvent.Type.INVOICE_PAID).count() == 1


def test_money_in_parts_earns_it_with_the_last_one(invoice: Invoice) -> None:
    pay(invoice, "60")
    assert figures(invoice) == (60, 0, 60, "partly_paid")
    pay(invoice, "57.60")
    assert figures(invoice) == (Decimal("117.60"), Decimal("2.40"), 0, "paid")


@pytest.mark.parametrize(
    ("amount", "after"), [("117.60", 11), ("117.59", 10)], ids=["late", "short"]
)
def test_late_or_short_money_does_not_earn_it(invoice: Invoice, amount: str, after: int) -> None:
    pay(invoice, amount, after=after)
    left = Decimal("120.00") - Decimal(amount)
    assert figures(invoice) == (Decimal(amount), 0, left, "partly_paid")

    pay(invoice, str(left), after=12)
    assert figures(invoice) == (Decimal("120.00"), 0, 0, "paid")


def test_a_larger_payment_takes_less_discount(invoice: Invoice) -> None:
    pay(invoice, "119")
    assert figures(invoice) == (119, 1, 0, "paid")


def test_a_full_payment_takes_no_discount(invoice: Invoice) -> None:
    pay(invoice, "120")
    assert figures(invoice) == (120, 0, 0, "paid")
    assert Payment.objects.count() == 1


def test_money_recorded_late_counts_by_its_day(invoice: Invoice) -> None:
    pay(invoice, "1", after=30)
    pay(invoice, "117.60", after=3)
    assert figures(invoice) == (Decimal("118.60"), Decimal("2.40"), 0, "paid")
    assert invoice.moved_to_credit == 1


def test_returns_the_discount_of_each_day(invoice: Invoice) -> None:
    last = invoice.early_payment_until
    assert last
    after = last + dt.timedelta(days=1)
    offered = [invoice.discount_on(day) for day in (last, after)]
    assert offered == [Decimal("2.40"), 0]

    pay(invoice, "117.60")
    assert invoice.discount_on(last) == 0


def test_what_comes_on_top_becomes_customer_credit(invoice: Invoice) -> None:
    pay(invoice, "117.60")
    pay(invoice, "2.40", after=12)
    assert figures(invoice) == (Decimal("120.00"), Decimal("2.40"), 0, "paid")
    assert invoice.moved_to_credit == Decimal("2.40")


@pytest.mark.parametrize("more", ["0.01", "1.00", "2.40", "117.60"])
def test_money_after_it_was_given_gives_it_no_second_time(invoice: Invoice, more: str) -> None:
    pay(invoice, "117.60", after=9)

    pay(invoice, more, after=10)

    assert invoice.discounted == Decimal("2.40")
    assert invoice.moved_to_credit == Decimal(more)
    assert invoice.outstanding == 0


def test_money_of_an_earlier_day_counts_first_whenever_it_is_recorded(invoice: Invoice) -> None:
    pay(invoice, "117.60")
    pay(invoice, "1.00", after=9)
    assert figures(invoice) == (Decimal("118.60"), Decimal("1.40"), 0, "paid")
    assert invoice.moved_to_credit == 0


def test_all_of_it_on_one_day_takes_no_discount(invoice: Invoice) -> None:
    pay(invoice, "117.60")
    pay(invoice, "2.40")
    assert figures(invoice) == (120, 0, 0, "paid")
    assert invoice.moved_to_credit == 0


def test_money_that_was_given_back_does_not_earn_it(invoice: Invoice) -> None:
    pay(invoice, "117.60", after=9)
    credit_invoice(
        invoice.pk,
        actor=invoice.owner,
        reason="Broken",
        quantities={invoice.lines.get().pk: Decimal(1)},
    )
    invoice.refresh_from_db()
    keep_as_credit(invoice.pk, actor=invoice.owner)

    pay(invoice, "10.00", after=10)

    assert (invoice.credited, invoice.discounted) == (Decimal("60.00"), Decimal("1.20"))
    assert invoice.outstanding == 0


def test_the_same_reference_gives_it_once(invoice: Invoice) -> None:
    assert invoice.issued_on
    for _ in range(2):
        record_payment(
            invoice.pk,
            actor=invoice.owner,
            amount=Decimal("117.60"),
            received_on=invoice.issued_on,
            reference="SEPA 1",
        )
    assert Payment.objects.count() == 2


class TestCredits:
    def half(self, invoice: Invoice) -> None:
        line = invoice.lines.get()
        quantities = {line.pk: Decimal(1)}
        credit_invoice(invoice.pk, actor=invoice.owner, reason="Broken", quantities=quantities)
        invoice.refresh_from_db()

    def test_what_is_credited_is_not_discounted(self, invoice: Invoice) -> None:
        self.half(invoice)
        assert invoice.offered_discount == Decimal("1.20")
        pay(invoice, "58.80")
        assert figures(invoice) == (Decimal("58.80"), Decimal("1.20"), 0, "paid")

    def test_a_credit_takes_its_part_of_the_discount_back(self, invoice: Invoice) -> None:
        pay(invoice, "117.60")
        self.half(invoice)
        # They paid 98 %, so they get 98 % of what is credited back.
        assert figures(invoice) == (
            Decimal("117.60"), Decimal("1.20"), Decimal("-58.80"), "paid",
        )  # fmt: skip
        self.half(invoice)
        assert figures(invoice) == (Decimal("117.60"), 0, Decimal("-117.60"), "paid")

    def test_a_credit_lets_what_came_in_time_be_enough(self, invoice: Invoice) -> None:
        pay(invoice, "58.80")
        assert figures(invoice)[3] == "partly_paid"
        self.half(invoice)
        assert figures(invoice) == (Decimal("58.80"), Decimal("1.20"), 0, "paid")


def test_money_asked_ahead_is_not_discounted(market: Market) -> None:
    announce(market)
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("100.00"))
    submit_order(order.pk, actor=market.rep)
    advance = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.5"))
    advance = issue_invoice(advance.pk, actor=market.rep)
    assert (advance.early_payment_rate, advance.early_payment_discount) == (None, 0)


def test_sends_the_offered_and_the_taken_discount_to_the_erp(invoice: Invoice) -> None:
    pay(invoice, "117.60")
    payload = invoice_payload(invoice)["invoice"]
    assert payload["early_payment"] == {
        "rate": "0.02",
        "until": str(invoice.early_payment_until),
        "discount": {"amount": "2.40", "currency": "EUR"},
    }
    assert payload["paid"] == {"amount": "117.60", "currency": "EUR"}
    assert payload["discounted"] == {"amount": "2.40", "currency": "EUR"}
    assert payload["totals"]["total"] == {"amount": "120.00", "currency": "EUR"}


class TestDatabase:
    @pytest.mark.parametrize(
        "change",
        ["early_payment_until = early_payment_until + 1", "early_payment_discount = 2.00"],
    )
    def test_what_was_offered_stays(self, invoice: Invoice, change: str) -> None:
        with refused("sales_invoice", "keeps_issued"):
            sql(f"UPDATE sales_invoice SET {change}")  # noqa: S608  # the two changes above

    def test_the_discount_is_the_sum_of_its_entries(self, invoice: Invoice) -> None:
        with refused("sales_invoice", "payments_add_up"):
            Invoice.objects.filter(pk=invoice.pk).update(discounted=Decimal("2.40"))
        with refused("sales_invoice", "payments_add_up"):
            Payment.objects.create(
                invoice=invoice,
                kind=Payment.Kind.EARLY_PAYMENT,
                amount=Decimal("2.40"),
                received_on=invoice.company.today(),
            )
        assert not Payment.objects.exists()

    def test_an_entry_stays(self, invoice: Invoice) -> None:
        pay(invoice, "117.60")
        with refused("sales_payment", "append_only"):
            sql("UPDATE sales_payment SET kind = 'payment'")


class TestPages:
    def test_says_what_settles_it_today(self, client: Client, invoice: Invoice) -> None:
        client.force_login(invoice.owner)
        page = client.get(reverse("sales:invoice-detail", args=[invoice.pk])).content.decode()
        form = client.get(reverse("sales:invoice-pay", args=[invoice.pk])).content.decode()
        assert "€117.60 until" in page
        assert "settles it, €2.40 less" in form

    def test_shows_what_was_kept_among_the_payments(self, client: Client, invoice: Invoice) -> None:
        client.force_login(invoice.owner)
        address = reverse("sales:invoice-pay", args=[invoice.pk])
        day = invoice.issued_on
        client.post(address, {"amount": "117.60", "received_on": str(day), "reference": "SEPA 1"})

        page = client.get(reverse("sales:invoice-detail", args=[invoice.pk])).content.decode()

        assert "Early-payment discount" in page
        assert "€2.40 taken for paying early" in page
        assert figures(Invoice.objects.get())[3] == "paid"
