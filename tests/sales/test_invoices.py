"""Invoices are issued, of an order or without one."""

from __future__ import annotations

from decimal import Decimal

from sales.services.documents.drafts import draft_invoice
from sales.services.documents.lines import add_line
from sales.services.invoices import issue_invoice
from tests.factories import Market


def test_a_free_invoice_needs_no_order(market: Market) -> None:
    invoice = draft_invoice(actor=market.rep, account=market.account, name="Workshop")
    add_line(invoice, actor=market.rep, product=market.product("120.00"))
    issued = issue_invoice(invoice.pk, actor=market.rep)
    assert (issued.total, issued.order) == (Decimal("144.00"), None)
