from __future__ import annotations

from decimal import Decimal

import pytest

from common.errors import MissingField
from sales.models import Order, Product, SalesEvent
from sales.services.change_orders import Changes, change_order, close_rest, preview_change
from sales.services.documents.draft_fields import HeadChanges
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.errors import NothingLeft
from sales.services.order_progress import Progress, record_progress
from sales.services.orders import submit_order
from tests.factories import Market
from tests.sales.order_steps import billed, ship, submitted
from tests.sales.written import written


@pytest.fixture
def order(market: Market) -> Order:
    return submitted(market, "10")


def test_a_change_order_makes_the_next_version_and_lists_each_change(
    market: Market, order: Order
) -> None:
    line = order.lines.get()
    changes = Changes(lines={line.pk: {"quantity": Decimal(12)}})

    change = change_order(order.pk, changes, actor=market.rep, reason="Two more")

    order.refresh_from_db()
    assert (change.version, order.version) == (order.version, order.version)
    assert order.total == Decimal("287.86")  # 12 x 19.99 = 239.88, tax 47.98
    assert [(entry["field"], entry["before"], entry["after"]) for entry in change.difference] == [
        ("total", "239.88", "287.86"),
        ("quantity", "10", "12"),
    ]
    event = SalesEvent.objects.get(type=SalesEvent.Type.ORDER_CHANGED)
    assert (event.subject_version, event.data["changed"]) == (order.version, ["quantity", "total"])


def test_a_line_can_be_added(market: Market, order: Order) -> None:
    product = market.product("5.00")
    change_order(
        order.pk,
        Changes(additions=[{"product": product, "quantity": Decimal(2)}]),
        actor=market.rep,
    )
    order.refresh_from_db()
    assert (order.lines.count(), order.total) == (2, Decimal("251.88"))


def test_the_preview_changes_nothing(market: Market, order: Order) -> None:
    line = order.lines.get()
    changes = Changes(lines={line.pk: {"quantity": Decimal(1)}})
    difference = preview_change(order.pk, changes, actor=market.rep)
    assert {entry["field"] for entry in difference} == {"quantity", "total"}
    before = order.version
    order.refresh_from_db()
    assert (order.version, order.total) == (before, Decimal("239.88"))


def test_closes_some_lines_of_an_order_that_keeps_others(market: Market) -> None:
    order = submitted(market, "10", "2")
    closed, kept = order.lines.order_by("position")

    close_rest(order.pk, actor=market.rep, reason="Only these", lines=[closed.pk])

    assert list(order.lines.order_by("position").values_list("quantity", flat=True)) == [0, 2]
    with pytest.raises(NothingLeft):
        close_rest(order.pk, actor=market.rep, reason="Nor these", lines=[kept.pk])


def test_closes_an_order_whose_goods_all_came_back_to_be_replaced(
    market: Market, order: Order
) -> None:
    line = order.lines.get()
    back = Progress(Decimal(10), returned=Decimal(10), replaced=Decimal(10))
    record_progress(order, {line.pk: back}, actor=market.rep)

    close_rest(order.pk, actor=market.rep, reason="No replacement wanted")

    line.refresh_from_db()
    assert (line.quantity, line.shipped_quantity) == (0, 10)
    order.refresh_from_db()
    assert (order.status, order.fulfilment_status) == ("completed", "returned")


def test_refuses_to_close_the_rest_without_a_reason(market: Market, order: Order) -> None:
    record_progress(order, {order.lines.get().pk: Progress(Decimal(4))}, actor=market.rep)
    before = written(order)

    with pytest.raises(MissingField, match="Give the reason for closing the rest") as refusal:
        close_rest(order.pk, actor=market.rep, reason=" ")

    assert refusal.value.field == "reason"
    assert written(order) == before


NOWHERE = {"street": "", "postal_code": "", "city": "", "country": "FR"}


def test_goods_are_not_added_to_an_order_without_an_address_to_go_to(market: Market) -> None:
    order = draft_order(
        actor=market.rep,
        account=market.account,
        name="Training",
        shipping_address={},
        billing_address={},
    )
    add_line(order, actor=market.rep, product=market.product(kind=Product.Kind.SERVICE))
    order = submit_order(order.pk, actor=market.rep)
    goods = Changes(additions=[{"product": market.product(), "quantity": Decimal(1)}])
    before = written(order)

    with pytest.raises(MissingField, match="no address they go to") as refusal:
        change_order(order.pk, goods, actor=market.rep)

    assert refusal.value.field == "shipping_address"
    assert written(order) == before
    to_the_bar: HeadChanges = {"shipping_address": NOWHERE | {"city": "Tours"}}
    change_order(order.pk, Changes(additions=goods.additions, head=to_the_bar), actor=market.rep)
    assert order.lines.count() == 2


def test_the_address_that_goods_go_to_is_not_cleared(market: Market) -> None:
    order = draft_order(
        actor=market.rep, account=market.account, name="Bar refit", billing_address={}
    )
    add_line(order, actor=market.rep, product=market.product())
    order = submit_order(order.pk, actor=market.rep)
    before = written(order)

    with pytest.raises(MissingField, match="no address they go to"):
        change_order(order.pk, Changes(head={"shipping_address": NOWHERE}), actor=market.rep)

    assert written(order) == before


def test_goods_go_where_the_bill_goes_once_their_own_address_is_cleared(
    market: Market,
) -> None:
    bar = NOWHERE | {"city": "Tours"}
    order = draft_order(
        actor=market.rep, account=market.account, name="Bar refit", shipping_address=bar
    )
    add_line(order, actor=market.rep, product=market.product())
    submit_order(order.pk, actor=market.rep)

    change_order(order.pk, Changes(head={"shipping_address": NOWHERE}), actor=market.rep)

    order.refresh_from_db()
    assert order.shipping_address == market.account.address("billing")


def test_closing_what_a_percentage_billed_leaves_whole_units_to_ship(market: Market) -> None:
    order = submitted(market, "3", price="10.00")
    billed(order, market, what="percentage", rate=Decimal("0.5"))

    close_rest(order.pk, actor=market.rep, reason="They need no more")

    line = order.lines.get()
    assert (line.quantity, line.net) == (2, 20)
    assert (line.open_to_ship, line.open_to_bill) == (Decimal(2), Decimal("0.5"))
    ship(order, market, "2")
    assert billed(order, market, what="all").total == 6
    order.refresh_from_db()
    assert (order.status, order.total) == ("completed", 24)


def test_closing_what_a_percentage_billed_of_a_service_keeps_exactly_that(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Training")
    service = market.product("10.00", kind=Product.Kind.SERVICE)
    add_line(order, actor=market.rep, product=service, quantity=Decimal(3))
    submit_order(order.pk, actor=market.rep)
    billed(order, market, what="percentage", rate=Decimal("0.5"))

    close_rest(order.pk, actor=market.rep, reason="They need no more")

    order.refresh_from_db()
    assert (order.lines.get().quantity, order.total, order.status) == (
        Decimal("1.5"),
        18,
        "completed",
    )
