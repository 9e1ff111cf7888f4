"""Figures of a changed order: what is billed keeps its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import (
    DiscountBand,
    DiscountList,
    Invoice,
    InvoiceLine,
    Order,
    OrderLine,
    PriceListItem,
)
from sales.services.change_orders import Changes, change_order, preview_change
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.errors import AlreadyBilled, NothingToPrice
from sales.services.integrity.verification import verify
from sales.services.orders import submit_order
from tests.database_assertions import tamper
from tests.factories import Market
from tests.sales.order_steps import billed, ship, submitted


def test_refuses_other_figures_for_what_is_billed(market: Market) -> None:
    order = ship(submitted(market, "10"), market, "10")
    billed(order, market)
    dearer = Changes(lines={order.lines.get().pk: {"unit_price": Decimal(25)}})

    with pytest.raises(AlreadyBilled, match="credit the invoice first"):
        change_order(order.pk, dearer, actor=market.rep)

    order.refresh_from_db()
    assert order.total == Decimal("239.88")


def test_what_is_billed_keeps_its_figures_when_the_rest_gets_another_price(
    market: Market,
) -> None:
    order = ship(submitted(market, "10", price="20.00"), market, "4")
    invoice = billed(order, market)
    dearer = Changes(lines={order.lines.get().pk: {"unit_price": Decimal(25)}})

    change_order(order.pk, dearer, actor=market.rep)

    order.refresh_from_db()
    rest = billed(order, market, what="all")
    assert (invoice.total, rest.total) == (Decimal("96.00"), Decimal("180.00"))
    assert order.total == Decimal("276.00")


@pytest.fixture
def by_volume(market: Market) -> Order:
    """Ten at 100.00, each 10.00 less from ten on: 900.00."""
    product = market.product("100.00")
    volume = DiscountList.objects.create(name="Volume", kind="amount", currency="EUR")
    DiscountBand.objects.create(
        discount_list=volume, quantity_from=Decimal(10), discount_amount=Decimal(10)
    )
    PriceListItem.objects.filter(product=product).update(discount_list=volume)
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=product, quantity=Decimal(10))
    return submit_order(order.pk, actor=market.rep)


def found() -> list[str]:
    """Everything that the integrity checks name."""
    return [str(each) for differences in verify().values() for each in differences]


def bill(order: Order, market: Market, quantity: str) -> Invoice:
    quantities = {order.lines.get().pk: Decimal(quantity)}
    return billed(order, market, what="lines", quantities=quantities)


def terms(line: OrderLine | InvoiceLine) -> tuple[Any, ...]:
    return line.quantity, line.unit_price, line.volume_discount, line.net


def test_a_line_reduced_to_what_is_billed_keeps_its_volume_discount(
    market: Market, by_volume: Order
) -> None:
    bill(by_volume, market, "9")
    to_nine = Changes(lines={by_volume.lines.get().pk: {"quantity": Decimal(9)}})

    seen = preview_change(by_volume.pk, to_nine, actor=market.rep)
    change_order(by_volume.pk, to_nine, actor=market.rep)

    assert [(each["field"], each["after"]) for each in seen] == [
        ("total", "972"),
        ("quantity", "9"),
    ]
    assert terms(by_volume.lines.get()) == (Decimal(9), Decimal(100), Decimal(10), Decimal(810))
    assert found() == []


@pytest.mark.parametrize(("quantity", "net"), [("5", 450), ("20", 1800)])
def test_what_is_left_of_a_billed_line_has_the_volume_discount_it_was_billed_at(
    market: Market, by_volume: Order, quantity: str, net: int
) -> None:
    first = bill(by_volume, market, "4")
    changed = Changes(lines={by_volume.lines.get().pk: {"quantity": Decimal(quantity)}})

    change_order(by_volume.pk, changed, actor=market.rep)
    rest = billed(by_volume, market, what="all")

    left = Decimal(quantity) - 4
    assert terms(first.lines.get()) == (Decimal(4), Decimal(100), Decimal(10), Decimal(360))
    assert terms(rest.lines.get()) == (left, Decimal(100), Decimal(10), Decimal(90) * left)
    figures = terms(by_volume.lines.get())
    assert figures == (Decimal(quantity), Decimal(100), Decimal(10), Decimal(net))
    assert found() == []


def test_what_is_not_billed_has_the_list_price_that_is_said_to_be_final(
    market: Market, by_volume: Order
) -> None:
    first = bill(by_volume, market, "4")
    final = Changes(lines={by_volume.lines.get().pk: {"volume_discount": Decimal(0)}})

    change_order(by_volume.pk, final, actor=market.rep)

    kept, rest = by_volume.lines.order_by("position")
    assert terms(first.lines.get()) == (Decimal(4), Decimal(100), Decimal(10), Decimal(360))
    assert terms(kept) == (Decimal(4), Decimal(100), Decimal(10), Decimal(360))
    assert terms(rest) == (Decimal(6), Decimal(100), Decimal(0), Decimal(600))
    assert rest.price_source == rest.PriceSource.TYPED
    assert found() == []


def test_what_is_not_billed_has_the_volume_discount_of_the_new_quantity(
    market: Market, by_volume: Order
) -> None:
    changed = Changes(lines={by_volume.lines.get().pk: {"quantity": Decimal(9)}})

    change_order(by_volume.pk, changed, actor=market.rep)

    assert terms(by_volume.lines.get()) == (Decimal(9), Decimal(100), Decimal(0), Decimal(900))


def test_verify_names_an_invoice_line_that_its_price_and_quantity_do_not_explain(
    market: Market, by_volume: Order
) -> None:
    """As a line was billed whose volume discount changed once part of it was billed."""
    bill(by_volume, market, "4")
    rest = billed(by_volume, market, what="all")
    tamper(
        "UPDATE sales_invoiceline SET volume_discount = 0 WHERE quantity = 6;"
        "UPDATE sales_orderline SET volume_discount = 0;"
    )

    assert f"{rest}, line 1: base is 540, should be 600." in found()


def test_refuses_a_price_where_nothing_of_a_line_is_left_to_price(market: Market) -> None:
    order = submitted(market, "10", price="100")
    line = order.lines.get()
    record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(10)})
    record_return(order.pk, actor=market.rep, lines={line.pk: Decimal(10)})
    cheaper = Changes(lines={line.pk: {"unit_price": Decimal(50)}})

    with pytest.raises(NothingToPrice, match="nothing of it is left to price"):
        change_order(order.pk, cheaper, actor=market.rep)

    line.refresh_from_db()
    assert (line.unit_price, line.base) == (100, 1000)


def test_what_is_left_of_goods_that_came_back_takes_another_price(market: Market) -> None:
    order = submitted(market, "10", price="100")
    line = order.lines.get()
    record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(10)})
    record_return(order.pk, actor=market.rep, lines={line.pk: Decimal(4)})

    cheaper = Changes(lines={line.pk: {"unit_price": Decimal(50)}})
    change_order(order.pk, cheaper, actor=market.rep)

    line.refresh_from_db()
    assert (line.unit_price, line.base) == (50, 500)
    assert billed(order, market, what="all").total == 360
    assert found() == []


def test_verify_names_a_price_that_does_not_explain_what_came_back(market: Market) -> None:
    order = submitted(market, "10", price="100")
    line = order.lines.get()
    record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(10)})
    record_return(order.pk, actor=market.rep, lines={line.pk: Decimal(4)})
    cheaper = Changes(lines={line.pk: {"unit_price": Decimal(50)}})
    change_order(order.pk, cheaper, actor=market.rep)

    tamper("UPDATE sales_orderline SET unit_price = 70")

    assert f"{order}, line 1: base is 500, should be 700." in found()
