"""Discounts of a part-billed order that a change order moves: every line stays price × quantity."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sales.models import Invoice, Order
from sales.services.change_orders import Changes, change_order
from sales.services.documents.draft_fields import NewLineFields
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line, change_line
from sales.services.errors import AlreadyBilled
from sales.services.integrity.verification import verify
from sales.services.orders import submit_order
from tests.factories import Market
from tests.sales.order_steps import billed


def ordered(market: Market, *quantities: int, discount: str = "0", of_line: str = "") -> Order:
    """An order of lines at 100.00 and 20 % tax, discounted as a whole or in its last line."""
    order = draft_order(
        actor=market.rep,
        account=market.account,
        name="Bar refit",
        discount_amount=Decimal(discount),
    )
    for quantity in quantities:
        line = add_line(
            order, actor=market.rep, product=market.product("100"), quantity=Decimal(quantity)
        )
    if of_line:
        change_line(line, actor=market.rep, discount_amount=Decimal(of_line))
    return submit_order(order.pk, actor=market.rep)


def bill(order: Order, market: Market, quantity: int) -> Invoice:
    """Bill so many units of the first line."""
    first = order.lines.order_by("position")[0]
    return billed(order, market, what="lines", quantities={first.pk: Decimal(quantity)})


def figures(invoice: Invoice) -> list[list[Decimal]]:
    """Base, net and header discount of each line of an invoice."""
    return [[line.base, line.net, line.header_discount] for line in invoice.lines.all()]


def differences() -> list[str]:
    """What ``manage.py verify`` would print."""
    return [str(each) for found in verify().values() for each in found]


def test_units_left_share_what_is_left_of_a_discount_that_another_line_took(
    market: Market,
) -> None:
    order = ordered(market, 10, discount="100")
    bill(order, market, 8)

    addition: NewLineFields = {"product": market.product("100"), "quantity": Decimal(10)}
    change_order(order.pk, Changes(additions=[addition]), actor=market.rep)

    assert figures(bill(order, market, 1)) == [[100, 100, 0]]
    assert figures(bill(order, market, 1)) == [[100, 100, 0]]
    assert figures(billed(order, market, what="all")) == [[1000, 1000, 20]]
    order.refresh_from_db()
    assert (order.billing_status, differences()) == ("invoiced", [])


def test_units_left_share_what_is_added_to_their_discount(market: Market) -> None:
    order = ordered(market, 10, 10, discount="400")
    bill(order, market, 8)
    second = order.lines.order_by("position")[1]

    change_order(order.pk, Changes(lines={second.pk: {"quantity": Decimal(6)}}), actor=market.rep)

    assert figures(bill(order, market, 1)) == [[100, 100, 45]]
    assert figures(bill(order, market, 1)) == [[100, 100, 45]]
    assert figures(billed(order, market, what="all")) == [[600, 600, 150]]
    order.refresh_from_db()
    assert (order.billing_status, differences()) == ("invoiced", [])


def test_units_added_to_a_discounted_line_share_what_is_left_of_its_discount(
    market: Market,
) -> None:
    order = ordered(market, 10, of_line="600")
    bill(order, market, 8)
    line = order.lines.get()

    change_order(order.pk, Changes(lines={line.pk: {"quantity": Decimal(20)}}), actor=market.rep)

    assert figures(bill(order, market, 6)) == [[600, 540, 0]]
    assert figures(billed(order, market, what="all")) == [[600, 540, 0]]
    order.refresh_from_db()
    assert (order.billing_status, differences()) == ("invoiced", [])


@pytest.mark.parametrize(("discount", "left"), [("600", "300"), ("900", "0")])
def test_a_quantity_at_which_a_line_comes_to_less_than_is_billed_is_refused(
    market: Market, discount: str, left: str
) -> None:
    order = ordered(market, 10, of_line=discount)
    invoice = bill(order, market, 8)
    line = order.lines.get()

    with pytest.raises(AlreadyBilled) as refused:
        change_order(order.pk, Changes(lines={line.pk: {"quantity": Decimal(9)}}), actor=market.rep)

    assert str(refused.value) == (
        f"{line.description}: 9 come to €{left}.00 with their discount, but 8 of them are billed "
        f"for €{invoice.lines.get().net:.2f}: give less discount, or credit {invoice} first."
    )
    order.refresh_from_db()
    assert (order.lines.get().quantity, order.version, differences()) == (10, order.version, [])
