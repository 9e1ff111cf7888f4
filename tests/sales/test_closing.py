"""Closing the rest of an order, and cancelling it: both always work, and drafts go with them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import Invoice, Order, SalesEvent
from sales.pricing.errors import AmountExceedsOpen
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.billing.surplus import Surplus, find_surplus
from sales.services.change_orders import close_rest, preview_close
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.draft_invoices import delete_draft_invoice
from sales.services.errors import AlreadyShipped
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import cancel_order, submit_order
from tests.factories import Market
from tests.sales.order_steps import billed, placed, ship, submitted

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


def replace_all(order: Order, market: Market, quantity: str) -> Order:
    """Ship so many, and take them back to be replaced."""
    line = order.lines.get()
    record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(quantity)})
    record_return(order.pk, actor=market.rep, lines={line.pk: Decimal(quantity)}, replace=True)
    order.refresh_from_db()
    return order


@pytest.mark.parametrize("end", ["close", "cancel"])
def test_an_order_whose_goods_all_came_back_to_be_replaced_can_be_ended(
    order: Order, market: Market, end: str
) -> None:
    replace_all(order, market, "3")
    assert order.fulfilment_status == "partly_shipped"

    if end == "close":
        close(order, market)
    else:
        cancel_order(order.pk, actor=market.rep, reason="They need none after all")

    order.refresh_from_db()
    assert order.status == {"close": "completed", "cancel": "cancelled"}[end]
    assert (order.fulfilment_status, order.billing_status) == ("returned", "nothing")
    line = order.lines.get()
    assert (line.wanted_quantity, line.shipped_quantity) == (Decimal(0), Decimal(3))
    assert not any(verify().values())


def test_an_order_with_a_replacement_that_stays_is_closed(order: Order, market: Market) -> None:
    replace_all(order, market, "3")
    line = order.lines.get()
    record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(2)})

    with pytest.raises(AlreadyShipped):
        cancel_order(order.pk, actor=market.rep, reason="They need none after all")
    close(order, market)

    assert (order.lines.get().wanted_quantity, order.status) == (Decimal(2), "submitted")
    billed(order, market, what="all")
    order.refresh_from_db()
    assert (order.total, order.status) == (240, "completed")


@pytest.mark.parametrize(
    ("shipped", "billed_first", "rate", "sentence"),
    [
        ("3", "0", "0.5", "Only €360.00 can still be asked for, and this draft asks for €600.00"),
        ("0", "5", "0.5", "Nothing is left to ask for: delete this draft."),
    ],
)
def test_a_draft_that_asks_for_more_than_a_closed_order_has_left_is_not_issued(
    order: Order, market: Market, shipped: str, billed_first: str, rate: str, sentence: str
) -> None:
    line = order.lines.get()
    if billed_first != "0":
        billed(order, market, what="lines", quantities={line.pk: Decimal(billed_first)})
    ahead = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal(rate))
    ship(order, market, shipped)
    close(order, market)

    with pytest.raises(AmountExceedsOpen, match=sentence):
        issue_invoice(ahead.pk, actor=market.rep)

    ahead.refresh_from_db()
    assert (ahead.status, ahead.number) == ("draft", None)


def test_a_draft_that_asks_for_goods_that_came_back_is_not_issued(
    order: Order, market: Market
) -> None:
    line = order.lines.get()
    ahead = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal(1))
    record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(10)})
    record_return(order.pk, actor=market.rep, lines={line.pk: Decimal(10)})

    with pytest.raises(AmountExceedsOpen, match="Nothing is left to ask for: delete this draft"):
        issue_invoice(ahead.pk, actor=market.rep)

    delete_draft_invoice(ahead.pk, actor=market.rep)
    order.refresh_from_db()
    assert order.status == "completed"


@pytest.mark.parametrize("first", ["bill", "close"])
def test_freight_is_the_same_whether_what_left_is_billed_or_the_rest_closed_first(
    market: Market, first: str
) -> None:
    order = placed(market, quantity="10", price="100", freight="50")
    ship(order, market, "4")
    if first == "bill":
        billed(order, market)
        close(order, market)
    else:
        close(order, market)
        billed(order, market)

    order.refresh_from_db()
    assert (order.freight, order.total, order.status) == (20, Decimal("466.40"), "completed")
    assert sum(each.total for each in order.invoices.all()) == Decimal("466.40")


def test_closing_the_last_open_line_takes_its_part_of_the_freight_along(market: Market) -> None:
    order = draft_order(
        actor=market.rep, account=market.account, name="Bar refit", freight=Decimal(50)
    )
    for quantity in (6, 4):
        add_line(order, actor=market.rep, product=market.product("100"), quantity=Decimal(quantity))
    submit_order(order.pk, actor=market.rep)
    ship(order, market, "1", "0")
    first, second = order.lines.order_by("position")

    close_rest(order.pk, actor=market.rep, reason="No more", lines={first.pk})
    order.refresh_from_db()
    assert (order.freight, order.total) == (50, 650)

    change = close_rest(order.pk, actor=market.rep, reason="No more", lines={second.pk})
    order.refresh_from_db()
    assert (order.freight, order.total) == (10, 130)
    assert ("freight", "50", "10") in [
        (each["field"], each["before"], each["after"]) for each in change.difference
    ]
