"""Cancelling an order in the browser: a form that could only be refused does not open."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from sales.models import Order
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from tests.factories import Market
from tests.sales.order_steps import billed, ship, submitted
from tests.web.refusals import reason_shown


def bill(order: Order, market: Market) -> None:
    billed(order, market, what="all")


def ship_one(order: Order, market: Market) -> None:
    ship(order, market, "1")


def ship_and_bill(order: Order, market: Market) -> None:
    ship(order, market, "2")
    billed(order, market, what="all")


def ask_ahead(order: Order, market: Market) -> None:
    draft = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.5"))
    issue_invoice(draft.pk, actor=market.rep)


RETURN = "{order} is shipped: record what comes back as a return instead."
CREDIT = "INV-2026-00001 asks for a down payment on {order}: credit it first."


@pytest.mark.parametrize(
    ("before", "status", "sentence"),
    [
        (bill, "submitted", "{order} is invoiced: credit its invoices instead, not to bill again."),
        (ship_one, "submitted", "{order} is shipped in part: close the rest instead."),
        (ship_and_bill, "completed", RETURN),
        (ask_ahead, "submitted", CREDIT),
    ],
)
def test_says_on_the_orders_page_why_it_cannot_be_cancelled_and_writes_nothing(
    rep: Client,
    market: Market,
    before: Callable[[Order, Market], None],
    status: str,
    sentence: str,
) -> None:
    order = submitted(market, "2")
    before(order, market)
    url = reverse("sales:order-cancel", args=[order.pk])

    shown = reason_shown(rep, rep.get(url), order)
    sent = rep.post(url, {"reason": "Changed plans"})

    reason = sentence.format(order=order)
    assert shown.startswith(reason)
    assert (sent.status_code, reason in sent.text) == (422, True)
    order.refresh_from_db()
    assert (order.status, order.cancelled_reason) == (status, "")


def test_opens_where_only_drafts_bill_the_order(rep: Client, market: Market) -> None:
    order = submitted(market, "2")
    invoice_order(order.pk, actor=market.rep, what="all")
    url = reverse("sales:order-cancel", args=[order.pk])

    opened = rep.get(url)
    rep.post(url, {"reason": "Changed plans"})

    assert opened.status_code == 200
    order.refresh_from_db()
    assert (order.status, order.invoices.count()) == ("cancelled", 0)
