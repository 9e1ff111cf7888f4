"""Surplus of an order: what was asked ahead and no invoice can deduct any more."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import Invoice, Order
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.billing.surplus import Surplus, find_surplus
from sales.services.credit_notes import credit_invoice
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from tests.factories import Market
from tests.sales.order_steps import billed, placed


@pytest.fixture
def order(market: Market) -> Order:
    """Ten at 93.00 after 7 % off, freight 50.00: 1116.00 with tax, 1166.00 in all."""
    return placed(market, quantity="10", price="100", freight="50")


def ask(order: Order, market: Market, rate: str) -> Invoice:
    draft = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal(rate))
    return issue_invoice(draft.pk, actor=market.rep)


def return_for_good(order: Order, market: Market, quantity: int) -> None:
    """Ship all ten, and take some back that are not replaced."""
    line = order.lines.get()
    shipment = record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(10)})
    lines = {line.pk: Decimal(quantity)}
    record_return(order.pk, actor=market.rep, lines=lines, returns=shipment, replace=False)


def test_what_no_invoice_can_deduct_is_to_be_credited_and_the_order_is_then_complete(
    order: Order, market: Market
) -> None:
    ahead = ask(order, market, "1")
    return_for_good(order, market, 4)
    assert find_surplus(order) == Surplus(Decimal("446.40"), ahead)

    assert billed(order, market, what="all").total == 0
    order.refresh_from_db()
    assert (order.status, find_surplus(order)) == ("submitted", Surplus(Decimal("446.40"), ahead))

    note = credit_invoice(ahead.pk, actor=market.rep, reason="Four came back", bill_again=False)

    order.refresh_from_db()
    assert (note.total, order.status, find_surplus(order)) == (
        Decimal("446.40"),
        "completed",
        None,
    )


def test_freight_that_nothing_is_left_to_bill_is_part_of_it(order: Order, market: Market) -> None:
    ahead = ask(order, market, "1")

    return_for_good(order, market, 10)

    assert find_surplus(order) == Surplus(Decimal("1166.00"), ahead)


def test_the_last_down_payment_that_is_open_is_credited_first(order: Order, market: Market) -> None:
    first, second = ask(order, market, "0.5"), ask(order, market, "0.5")
    return_for_good(order, market, 10)
    assert find_surplus(order) == Surplus(Decimal("1166.00"), second)

    credit_invoice(second.pk, actor=market.rep, reason="All came back")

    assert find_surplus(order) == Surplus(Decimal("583.00"), first)


def test_a_draft_that_asks_ahead_is_named_to_be_deleted_before_anything_is_credited(
    order: Order, market: Market
) -> None:
    ask(order, market, "0.5")
    draft = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.5"))
    return_for_good(order, market, 10)

    assert find_surplus(order) == Surplus(Decimal("1166.00"), draft)


def test_there_is_none_while_the_rest_of_the_order_can_take_it(
    order: Order, market: Market
) -> None:
    ask(order, market, "0.5")
    return_for_good(order, market, 4)
    pk = order.lines.get().pk
    invoice_order(order.pk, actor=market.rep, what="lines", quantities={pk: Decimal(1)})

    assert find_surplus(order) is None
