"""Instalments of payment terms: frozen at issue, settled oldest first, overdue one by one."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pgtrigger
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse

from common.formatting import format_day
from crm import roles
from sales.models import Instalment, Invoice, InvoiceInstalment
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import draft_invoice, draft_order
from sales.services.documents.lines import add_line
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from sales.services.payments import record_payment
from tests.database_assertions import accepted, found_in_documents, refused, sql
from tests.factories import Market, UserFactory

NOON = dt.time(12, tzinfo=dt.UTC)


@pytest.fixture
def split(market: Market) -> Market:
    """A market whose customer pays 30 % at once and 70 % after 30 days."""
    Instalment.objects.bulk_create(
        Instalment(terms=market.payment_terms, share_rate=Decimal(rate), due_days=days)
        for rate, days in (("0.7", 30), ("0.3", 0))
    )
    return market


@pytest.fixture
def invoice(split: Market) -> Invoice:
    """One machine, 99.99 and tax: 119.99."""
    draft = draft_invoice(actor=split.rep, account=split.account, name="Machine")
    add_line(draft, actor=split.rep, product=split.product("99.99"))
    return issue_invoice(draft.pk, actor=split.rep)


def parts(invoice: Invoice) -> list[tuple[int, Decimal]]:
    """Each part with the days after issue on which it is due."""
    assert invoice.issued_on
    return [((due.due_on - invoice.issued_on).days, due.amount) for due in invoice.dues]


def left(invoice: Invoice) -> list[Decimal]:
    return [due.amount for due in invoice.open_dues]


def pay(invoice: Invoice, amount: str) -> Invoice:
    recorded = record_payment(
        invoice.pk,
        actor=invoice.owner,
        amount=Decimal(amount),
        received_on=invoice.company.today(),
    )
    return recorded.payment.invoice


def test_issuing_freezes_the_parts(invoice: Invoice, split: Market) -> None:
    assert parts(invoice) == [(0, Decimal("36.00")), (30, Decimal("83.99"))]
    assert invoice.due_on == split.company.today() + dt.timedelta(days=30)

    with accepted():
        split.payment_terms.instalments.all().delete()

    assert parts(Invoice.objects.get()) == [(0, Decimal("36.00")), (30, Decimal("83.99"))]


@pytest.mark.parametrize(
    ("currency", "price", "asked"),
    [("JPY", "101", ["36", "85"]), ("KWD", "0.011", ["0.004", "0.009"])],
)
def test_splits_to_the_coin_in_every_currency(
    db: None, currency: str, price: str, asked: list[str]
) -> None:
    market = Market(currency=currency)
    Instalment.objects.create(terms=market.payment_terms, share_rate=Decimal("0.3"), due_days=0)
    Instalment.objects.create(terms=market.payment_terms, share_rate=Decimal("0.7"), due_days=30)
    draft = draft_invoice(actor=market.rep, account=market.account, name="Machine")
    add_line(
        draft,
        actor=market.rep,
        description="Machine",
        product_category=market.category,
        tax_category=market.tax_category,
        unit_price=Decimal(price),
    )
    issued = issue_invoice(draft.pk, actor=market.rep)
    assert [due.amount for due in issued.dues] == [Decimal(amount) for amount in asked]


def test_money_ahead_and_credits_are_not_split(split: Market) -> None:
    order = draft_order(actor=split.rep, account=split.account, name="Bar refit")
    add_line(order, actor=split.rep, product=split.product("100.00"))
    submit_order(order.pk, actor=split.rep)
    advance = invoice_down_payment(order.pk, actor=split.rep, rate=Decimal("0.5"))
    advance = issue_invoice(advance.pk, actor=split.rep)
    rest = issue_invoice(invoice_order(order.pk, actor=split.rep, what="all").pk, actor=split.rep)
    note = credit_invoice(rest.pk, actor=split.rep, reason="Broken")

    assert parts(advance) == [(30, Decimal("60.00"))]
    assert parts(rest) == [(0, Decimal("18.00")), (30, Decimal("42.00"))]
    assert note.dues == []
    assert InvoiceInstalment.objects.count() == 2


def test_money_settles_the_oldest_part_first(invoice: Invoice) -> None:
    seen = [left(invoice)]
    for amount in ("30", "20", "69.99"):
        invoice = pay(invoice, amount)
        seen.append(left(invoice))
    assert seen == [
        [Decimal("36.00"), Decimal("83.99")],
        [Decimal("6.00"), Decimal("83.99")],
        [Decimal("0.00"), Decimal("69.99")],
        [Decimal("0.00"), Decimal("0.00")],
    ]
    assert invoice.status == Invoice.Status.PAID


@time_machine.travel(dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC))
def test_is_due_after_months_at_the_end_of_one(market: Market) -> None:
    terms = market.payment_terms
    terms.due_days, terms.due_months = 0, 1
    terms.save()
    first = draft_invoice(actor=market.rep, account=market.account, name="Machine")
    add_line(first, actor=market.rep, product=market.product("100.00"))
    assert issue_invoice(first.pk, actor=market.rep).due_on == dt.date(2026, 2, 28)

    Instalment.objects.bulk_create(
        Instalment(terms=terms, share_rate=Decimal("0.5"), due_months=months, end_of_month=True)
        for months in (2, 0)
    )
    second = draft_invoice(actor=market.rep, account=market.account, name="Machine")
    add_line(second, actor=market.rep, product=market.product("100.00"))
    split = issue_invoice(second.pk, actor=market.rep)

    assert [(due.due_on, due.amount) for due in split.dues] == [
        (dt.date(2026, 1, 31), Decimal(60)),
        (dt.date(2026, 3, 31), Decimal(60)),
    ]
    assert split.due_on == dt.date(2026, 3, 31)


def test_each_part_falls_overdue_on_its_own_day(invoice: Invoice) -> None:
    assert invoice.issued_on
    assert invoice.due_on
    days = [
        invoice.issued_on,
        invoice.issued_on + dt.timedelta(days=1),
        invoice.due_on,
        invoice.due_on + dt.timedelta(days=1),
    ]

    def late(each: Invoice) -> list[Decimal]:
        for day in days:
            with time_machine.travel(dt.datetime.combine(day, NOON)):
                found = Invoice.objects.all().overdue().filter(pk=each.pk).exists()
            assert found == each.is_overdue(day)
        return [each.overdue_amount(day) for day in days]

    assert late(invoice) == [0, Decimal("36.00"), Decimal("36.00"), Decimal("119.99")]
    assert invoice.next_due_on == invoice.issued_on

    invoice = pay(invoice, "36.00")
    assert late(invoice) == [0, 0, 0, Decimal("83.99")]
    assert invoice.next_due_on == invoice.due_on

    invoice = pay(invoice, "83.99")
    assert late(invoice) == [0, 0, 0, 0]
    assert invoice.next_due_on is None


def test_lists_what_is_overdue_the_longest_wait_first(split: Market, invoice: Invoice) -> None:
    split.payment_terms.instalments.all().delete()
    split.payment_terms.due_days = 10
    split.payment_terms.save()
    draft = draft_invoice(actor=split.rep, account=split.account, name="Later")
    add_line(draft, actor=split.rep, product=split.product("1.00"))
    later = issue_invoice(draft.pk, actor=split.rep)
    assert later.due_on

    with time_machine.travel(dt.datetime.combine(later.due_on + dt.timedelta(days=1), NOON)):
        late = list(Invoice.objects.all().overdue())

    assert late == [invoice, later]


class TestDatabase:
    def test_the_parts_of_an_issued_invoice_stay(self, invoice: Invoice) -> None:
        table = InvoiceInstalment._meta.db_table
        with refused(table, "issued_lines_kept_update"):
            sql("UPDATE sales_invoiceinstalment SET due_on = due_on + 1")
        with refused(table, "issued_lines_kept_update"):
            InvoiceInstalment.objects.update(amount=Decimal(1))
        with refused(table, "issued_lines_kept_delete"):
            sql("DELETE FROM sales_invoiceinstalment")
        with refused(table, "issued_lines_kept_insert"):
            InvoiceInstalment.objects.create(
                invoice=invoice, due_on=dt.date(2027, 1, 1), amount=Decimal(1)
            )
        assert parts(Invoice.objects.get()) == [(0, Decimal("36.00")), (30, Decimal("83.99"))]

    def test_the_parts_come_with_the_issue(self, split: Market) -> None:
        draft = draft_invoice(actor=split.rep, account=split.account, name="Machine")
        with refused("sales_invoice", "instalments_add_up"):
            InvoiceInstalment.objects.create(
                invoice=draft, due_on=dt.date(2027, 1, 1), amount=Decimal(1)
            )

    @pytest.mark.parametrize("share", ["0.2", "0.4"])
    def test_the_shares_of_terms_sum_to_one(self, split: Market, share: str) -> None:
        with refused("sales_paymentterms", "shares_sum_to_one"):
            sql("UPDATE sales_instalment SET share_rate = %s WHERE due_days = 0", Decimal(share))
        with refused("sales_paymentterms", "shares_sum_to_one"):
            Instalment.objects.filter(due_days=0).delete()
        assert split.payment_terms.instalments.count() == 2

    def test_verify_finds_nothing(self, invoice: Invoice) -> None:
        pay(invoice, "50")
        assert [str(each) for found in verify().values() for each in found] == []

    def test_verify_names_instalments_that_do_not_sum_to_the_invoice(
        self, invoice: Invoice
    ) -> None:
        with pgtrigger.ignore():
            sql("UPDATE sales_invoiceinstalment SET amount = amount + 1 WHERE amount = 36.00")
            connection.check_constraints()
        assert found_in_documents() == [f"{invoice}: total is 119.99000, should be 120.99000."]


class TestPage:
    def test_shows_each_part_and_what_is_left_of_it(self, client: Client, invoice: Invoice) -> None:
        pay(invoice, "40")
        client.force_login(invoice.owner)

        page = client.get(reverse("sales:invoice-detail", args=[invoice.pk]))

        [instalments] = [c for c in page.context["issued"].cards if c.id == "instalments"]
        rows = [(row.amount, row.chip.label, "open" in row.detail) for row in instalments.rows]
        assert rows == [("€36.00", "Settled", False), ("€83.99", "Partly settled", True)]
        assert "€79.99 open" in page.content.decode()

    def test_shows_nothing_to_other_teams(self, client: Client, invoice: Invoice) -> None:
        client.force_login(UserFactory.create(role=roles.SALES_REP))
        address = reverse("sales:invoice-detail", args=[invoice.pk])
        assert client.get(address).status_code == 404

    def test_lists_the_day_of_the_next_part(self, client: Client, invoice: Invoice) -> None:
        client.force_login(invoice.owner)
        assert format_day(invoice.issued_on) in client.get("/invoices/").content.decode()

        pay(invoice, "36")

        assert format_day(invoice.due_on) in client.get("/invoices/").content.decode()
