"""Locks of orders and invoices."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sales.models import Invoice, Order
from sales.services.documents.drafts import draft_invoice
from sales.services.documents.locks import lock_invoice, lock_order
from sales.services.order_invoices import invoice_order
from tests.factories import Market
from tests.sales.order_steps import placed


@pytest.fixture
def order(market: Market) -> Order:
    return placed(market)


def locked(captured: CaptureQueriesContext) -> list[str]:
    """The tables whose rows were locked, in order."""
    statements = [query["sql"] for query in captured.captured_queries]
    return [sql.rpartition(" FOR UPDATE OF ")[2] for sql in statements if " FOR UPDATE" in sql]


def test_locks_the_row_of_an_order(order: Order) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert lock_order(order.pk) == order

    assert locked(captured) == ['"sales_order"']


def test_locks_an_invoice_after_its_order(order: Order, market: Market) -> None:
    invoice = invoice_order(order.pk, actor=market.rep, what="all")

    with CaptureQueriesContext(connection) as captured:
        assert lock_invoice(invoice.pk) == (invoice, order)

    assert locked(captured) == ['"sales_order"', '"sales_invoice"']


def test_locks_an_invoice_without_an_order_alone(market: Market) -> None:
    invoice: Invoice = draft_invoice(actor=market.rep, account=market.account, name="Repair")

    with CaptureQueriesContext(connection) as captured:
        assert lock_invoice(invoice.pk) == (invoice, None)

    assert locked(captured) == ['"sales_invoice"']
