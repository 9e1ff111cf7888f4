"""Invoices: issue, and record payments."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from crm.actors import System
from sales.models import Order
from sales.pricing.errors import (
    AmountExceedsOpen,
)
from sales.services.billing.order_invoices import invoice_order
from sales.services.documents.drafts import draft_invoice, draft_order
from sales.services.documents.lines import add_line
from sales.services.invoices import issue_invoice, record_payment
from sales.services.orders import submit_order
from tests.factories import Market
from tests.sales.order_steps import ship, submitted

ERP = System("ERP", connection="erp")


@pytest.fixture
def order(market: Market) -> Order:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("100.00"), quantity=Decimal(2))
    return submit_order(order.pk, actor=market.rep)


def test_a_free_invoice_needs_no_order(market: Market) -> None:
    invoice = draft_invoice(actor=market.rep, account=market.account, name="Workshop")
    add_line(invoice, actor=market.rep, product=market.product("120.00"))
    issued = issue_invoice(invoice.pk, actor=market.rep)
    assert (issued.total, issued.order) == (Decimal("144.00"), None)


def test_a_payment_counts_once_and_never_too_much(market: Market) -> None:
    order = ship(submitted(market, "1"), market, "1")
    invoice = issue_invoice(invoice_order(order.pk, actor=market.rep).pk, actor=market.rep)
    day = dt.date(2026, 11, 22)
    for _ in range(2):
        record_payment(invoice.pk, actor=ERP, amount=Decimal(10), received_on=day, reference="P-1")
    invoice.refresh_from_db()
    assert (invoice.paid, invoice.status) == (Decimal(10), "partly_paid")
    with pytest.raises(AmountExceedsOpen):
        record_payment(invoice.pk, actor=ERP, amount=Decimal(1000), received_on=day)


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
