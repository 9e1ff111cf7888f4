"""Outcome of an order: what it comes to where goods came back or were credited for good."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import Invoice, Order
from sales.pricing.advances import TaxAmount
from sales.services.billing.ledgers import read_ledger
from sales.services.billing.order_outcome import (
    BilledReturn,
    Outcome,
    billed_returns,
    find_outcome,
)
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.orders import submit_order
from tests.factories import Market
from tests.sales.order_steps import billed

TWENTY = Decimal("0.2")


@pytest.fixture
def order(market: Market) -> Order:
    """Ten at 100.00 and freight of 50.00: 1250.00 with 20 % tax; all is shipped."""
    order = draft_order(
        actor=market.rep, account=market.account, name="Bar refit", freight=Decimal(50)
    )
    add_line(order, actor=market.rep, product=market.product("100"), quantity=Decimal(10))
    submit_order(order.pk, actor=market.rep)
    shipped = {order.lines.get().pk: Decimal(10)}
    record_shipment(order.pk, actor=market.rep, lines=shipped)
    order.refresh_from_db()
    return order


def return_goods(order: Order, market: Market, quantity: int, *, replace: bool = False) -> None:
    lines = {order.lines.get().pk: Decimal(quantity)}
    record_return(order.pk, actor=market.rep, lines=lines, replace=replace)
    order.refresh_from_db()


def credit(invoice: Invoice, market: Market, quantity: int, *, bill_again: bool) -> None:
    quantities = {invoice.lines.get().pk: Decimal(quantity)}
    credit_invoice(
        invoice.pk,
        actor=market.rep,
        reason="Back",
        quantities=quantities,
        bill_again=bill_again,
    )


def outcome_of(order: Order) -> Outcome | None:
    order.refresh_from_db()
    return find_outcome(order, list(order.lines.select_related("product")))


def billed_less_credited(order: Order) -> Decimal:
    signs = {Invoice.Kind.INVOICE: 1, Invoice.Kind.CREDIT_NOTE: -1}
    totals = order.invoices.values_list("kind", "total")
    return sum((signs[Invoice.Kind(kind)] * total for kind, total in totals), Decimal(0))


def test_an_order_comes_to_its_total_where_nothing_came_back(order: Order, market: Market) -> None:
    billed(order, market, what="all")

    assert outcome_of(order) is None


def test_what_came_back_unbilled_is_never_billed(order: Order, market: Market) -> None:
    return_goods(order, market, 4)
    billed(order, market, what="all")

    outcome = outcome_of(order)

    assert (order.status, order.total) == ("completed", 1250)
    assert outcome == Outcome(Decimal(480), Decimal(0), Decimal(0), Decimal(770))
    assert billed_less_credited(order) == 770


def test_what_is_credited_for_good_is_taken_off(order: Order, market: Market) -> None:
    invoice = billed(order, market, what="all")
    return_goods(order, market, 4)
    credit(invoice, market, 4, bill_again=False)

    outcome = outcome_of(order)

    assert order.status == "completed"
    assert outcome == Outcome(Decimal(0), Decimal(0), Decimal(500), Decimal(750))
    assert billed_less_credited(order) == 750


def test_it_is_known_per_rate_and_for_freight(order: Order, market: Market) -> None:
    invoice = billed(order, market, what="all")
    credit(invoice, market, 3, bill_again=False)

    ledger = read_ledger(order)

    amount = ledger.comes_to()[TWENTY]
    assert amount == TaxAmount(Decimal(700), Decimal(140))
    assert ledger.freight_whole - ledger.freight_credited == 35
    assert billed_less_credited(order) == amount.gross + 35


def test_freight_that_is_billed_no_more_is_part_of_what_is_not_billed(
    order: Order, market: Market
) -> None:
    billed(order, market, what="percentage", rate=Decimal("0.6"))
    return_goods(order, market, 4)

    outcome = outcome_of(order)

    assert order.status == "completed"
    assert outcome == Outcome(Decimal(500), Decimal(0), Decimal(0), Decimal(750))
    assert billed_less_credited(order) == 750


def test_names_the_invoice_of_goods_that_came_back_billed(order: Order, market: Market) -> None:
    billed(order, market, what="percentage", rate=Decimal("0.5"))
    last = billed(order, market, what="all")
    return_goods(order, market, 3)
    line = order.lines.select_related("product").get()

    assert billed_returns([line]) == [BilledReturn(line, Decimal(3), last)]

    credit(last, market, 3, bill_again=False)
    assert billed_returns([order.lines.select_related("product").get()]) == []


def test_goods_to_be_replaced_stay_billed(order: Order, market: Market) -> None:
    billed(order, market, what="all")
    return_goods(order, market, 3, replace=True)

    assert billed_returns([order.lines.select_related("product").get()]) == []
