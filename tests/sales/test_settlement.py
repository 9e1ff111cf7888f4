"""Money that comes in parts, and down payments that are taken off: nothing is lost on the way."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from sales.models import Invoice, Order
from sales.pricing.errors import AmountExceedsOpen, InvalidAmount
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.billing.order_invoices import delete_draft_invoice, invoice_order
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.errors import DownPaymentDeducted
from sales.services.invoices import issue_invoice, record_payment
from sales.services.orders import submit_order
from tests.factories import Market


@pytest.fixture
def order(market: Market) -> Order:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("100.00"), quantity=Decimal(2))
    return submit_order(order.pk, actor=market.rep)


@pytest.fixture
def advance(order: Order, market: Market) -> Invoice:
    return invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.3"))


@pytest.fixture
def final(advance: Invoice, order: Order, market: Market) -> Invoice:
    return invoice_order(order.pk, actor=market.rep, what="all")


def test_an_invoice_stays_partly_paid_until_the_last_part(order: Order, market: Market) -> None:
    invoice = issue_invoice(
        invoice_order(order.pk, actor=market.rep, what="all").pk, actor=market.rep
    )
    seen = []
    for amount in (100, 100, 40):
        record_payment(
            invoice.pk,
            actor=market.rep,
            amount=Decimal(amount),
            received_on=dt.date(2026, 11, 22),
        )
        invoice.refresh_from_db()
        seen.append((invoice.paid, invoice.status))
    assert seen == [(100, "partly_paid"), (200, "partly_paid"), (240, "paid")]


def test_a_down_payment_that_is_taken_off_already_is_not_thrown_away(
    advance: Invoice, final: Invoice, market: Market
) -> None:
    assert (advance.total, final.total) == (Decimal("72.00"), Decimal("168.00"))
    with pytest.raises(DownPaymentDeducted, match="is deducted on a later invoice already"):
        delete_draft_invoice(advance.pk, actor=market.rep)
    assert Invoice.objects.count() == 2

    delete_draft_invoice(final.pk, actor=market.rep)
    delete_draft_invoice(advance.pk, actor=market.rep)
    assert not Invoice.objects.exists()


def test_a_down_payment_that_is_taken_off_already_is_not_credited_alone(
    advance: Invoice, final: Invoice, market: Market
) -> None:
    advance = issue_invoice(advance.pk, actor=market.rep)
    final = issue_invoice(final.pk, actor=market.rep)
    with pytest.raises(DownPaymentDeducted, match="is deducted on a later invoice already"):
        credit_invoice(advance.pk, actor=market.rep, reason="Cancelled")
    assert not Invoice.objects.filter(kind="credit_note").exists()

    back = [
        credit_invoice(invoice.pk, actor=market.rep, reason="Cancelled").total
        for invoice in (final, advance)
    ]
    assert back == [Decimal("168.00"), Decimal("72.00")]


def test_a_credit_takes_the_deduction_along(
    advance: Invoice, final: Invoice, market: Market
) -> None:
    final = issue_invoice(final.pk, actor=market.rep)
    goods, deduction = final.lines.order_by("position")
    for line, quantity, error in (
        (goods, 2, AmountExceedsOpen),
        (deduction, 1, InvalidAmount),
    ):
        with pytest.raises(error, match="credit the deducted down payment together"):
            credit_invoice(
                final.pk,
                actor=market.rep,
                reason="Broken",
                quantities={line.pk: Decimal(quantity)},
            )
    final.refresh_from_db()
    assert (final.credited, final.status) == (Decimal(0), "issued")
