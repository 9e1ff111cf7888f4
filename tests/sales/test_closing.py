"""Closing the rest of an order, and cancelling it: both always work, and drafts go with them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sales.models import Invoice, Order, SalesEvent
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.billing.surplus import Surplus, find_surplus
from sales.services.change_orders import close_rest, preview_close
from sales.services.credit_notes import credit_invoice
from sales.services.errors import AlreadyShipped
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import cancel_order
from tests.factories import Market
from tests.sales.order_steps import billed, ship, submitted

DRAFTS = ["all", "percentage", "down_payment", "milestone"]


@pytest.fixture
def order(market: Market) -> Order:
    """Ten at 100.00, 1200.00 with tax."""
    return submitted(market, "10", price="100")


def draft(order: Order, market: Market, what: str) -> Invoice:
    rate = Decimal("0.3")
    if what in Invoice.AHEAD:
        return invoice_down_payment(order.pk, actor=market.rep, rate=rate, what=what)
    return invoice_order(order.pk, actor=market.rep, what=what, rate=rate)


def close(order: Order, market: Market) -> Order:
    close_rest(order.pk, actor=market.rep, reason="They need no more")
    order.refresh_from_db()
    return order


def test_closing_leaves_what_was_asked_ahead_to_be_credited(order: Order, market: Market) -> None:
    ship(order, market, "3")
    ahead = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.2"))
    issue_invoice(ahead.pk, actor=market.rep)
    billed(order, market, what="percentage", rate=Decimal("0.3"))

    close(order, market)

    assert (order.total, order.status) == (360, "submitted")
    assert find_surplus(order) == Surplus(Decimal("168.00"), ahead)

    note = credit_invoice(ahead.pk, actor=market.rep, reason="Closed")

    order.refresh_from_db()
    assert (note.total, order.status, find_surplus(order)) == (168, "completed", None)


def test_closing_names_a_draft_that_asks_ahead_for_more_than_is_left(
    order: Order, market: Market
) -> None:
    billed(order, market, what="percentage", rate=Decimal("0.1"))
    ahead = draft(order, market, "down_payment")

    close(order, market)

    assert find_surplus(order) == Surplus(Decimal("360.00"), ahead)


def test_closing_deletes_the_drafts_of_what_did_not_leave(order: Order, market: Market) -> None:
    ship(order, market, "3")
    shipped = billed(order, market, what="shipped")
    draft(order, market, "all")
    assert [each["after"] for each in preview_close(order.pk, actor=market.rep)] == ["360", "3"]
    assert order.invoices.count() == 2

    close(order, market)

    assert (order.lines.get().quantity, order.status) == (3, "completed")
    assert list(order.invoices.all()) == [shipped]


def test_closing_keeps_the_draft_of_what_left(order: Order, market: Market) -> None:
    ship(order, market, "3")
    shipped = draft(order, market, "shipped")

    close(order, market)

    assert (order.lines.get().quantity, list(order.invoices.all())) == (3, [shipped])


@pytest.mark.parametrize("what", DRAFTS)
def test_drafts_go_with_a_cancelled_order(order: Order, market: Market, what: str) -> None:
    draft(order, market, what)

    cancel_order(order.pk, actor=market.rep, reason="Changed their mind")

    order.refresh_from_db()
    line = order.lines.get()
    assert (order.status, order.invoices.count()) == ("cancelled", 0)
    assert (line.cancelled_quantity, line.drafted_quantity) == (10, 0)


def test_an_order_that_is_not_cancelled_keeps_its_drafts(order: Order, market: Market) -> None:
    ship(order, market, "3")
    kept = draft(order, market, "all")

    with pytest.raises(AlreadyShipped):
        cancel_order(order.pk, actor=market.rep, reason="Changed their mind")

    assert list(order.invoices.all()) == [kept]
    assert order.lines.get().drafted_quantity == 10
    assert not SalesEvent.objects.filter(type="invoice.draft_deleted").exists()
