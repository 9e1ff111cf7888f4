"""Invoices of orders: nothing is billed twice, and parts sum to the order."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sales.models import Order
from sales.services.billing.order_invoices import delete_draft_invoice, invoice_order
from sales.services.errors import (
    NothingToInvoice,
)
from sales.services.invoices import issue_invoice
from tests.factories import Market
from tests.sales.order_steps import billed, placed, ship, submitted


def test_nothing_is_billed_twice_and_a_deleted_draft_frees_its_quantities(market: Market) -> None:
    order = ship(submitted(market, "2"), market, "2")
    draft = invoice_order(order.pk, actor=market.rep)
    with pytest.raises(NothingToInvoice):
        invoice_order(order.pk, actor=market.rep)
    delete_draft_invoice(draft.pk, actor=market.rep)
    again = issue_invoice(invoice_order(order.pk, actor=market.rep).pk, actor=market.rep)
    assert again.number is not None
    assert again.number.endswith("-00001")


def test_terms_invoice_each_shipment_by_itself(db: None) -> None:
    market = Market(invoice_when="per_shipment")
    order = submitted(market, "3", price="21.66667")
    for shipped in ("1", "2", "3"):
        ship(order, market, shipped)
    totals = [invoice.total for invoice in order.invoices.order_by("number")]
    assert totals == [Decimal("26.00"), Decimal("26.00"), Decimal("26.00")]
    assert sum(totals) == order.total
    assert order.billing_status == Order.Billing.INVOICED


@pytest.mark.parametrize("rates", [["0.3", "0.3"], ["0.3333", "0.3333", "0.3333"], ["0.01"]])
def test_percentages_and_the_rest_sum_to_the_order(market: Market, rates: list[str]) -> None:
    order = placed(market, freight="5.00")
    invoices = [billed(order, market, what="percentage", rate=Decimal(rate)) for rate in rates]
    invoices.append(billed(order, market, what="all"))
    assert sum(invoice.total for invoice in invoices) == order.total
    assert sum(invoice.tax for invoice in invoices) == order.tax
