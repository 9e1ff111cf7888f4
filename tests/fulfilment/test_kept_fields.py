"""Prices that the other system gives: no volume discount of ours comes off them, on either side."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from fulfilment.models import Connection, Discrepancy
from fulfilment.services.order_sync.conflicts import Chosen, decide_conflicts
from fulfilment.sync.conflicts import Choice
from sales.models import (
    DiscountBand,
    DiscountList,
    DocumentLine,
    Order,
    PriceListItem,
    Product,
    SalesEvent,
)
from sales.services.change_orders import Changes, change_order, preview_change
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.orders import submit_order
from tests.factories import Market
from tests.fulfilment.supply_system import LINE, SupplySystem, connected_system, settle

Source = DocumentLine.PriceSource


@pytest.fixture
def system(market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SupplySystem:
    """The supply-chain system; AX-9 is 20.00, 18.00 from five on and 16.00 from ten on."""
    system = connected_system(market, monkeypatch, tmp_path)
    by_volume = DiscountList.objects.create(name="Volume")
    bands = [(5, 9, "0.10"), (10, None, "0.20")]
    for first, last, rate in bands:
        DiscountBand.objects.create(
            discount_list=by_volume,
            quantity_from=first,
            quantity_to=last,
            discount_rate=Decimal(rate),
        )
    PriceListItem.objects.update(discount_list=by_volume)
    return system


def give_prices(system: SupplySystem) -> None:
    """Let the price of a line be theirs."""
    Connection.objects.update(field_owners={"line.*.price": "theirs"})
    system.connection.refresh_from_db()


def placed(system: SupplySystem, market: Market, quantity: int) -> Order:
    """An order at list price, which they hold."""
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=Product.objects.get(), quantity=Decimal(quantity))
    order = submit_order(order.pk, actor=market.rep)
    settle(system)
    return order


def ask(order: Order, quantity: int) -> Changes:
    return Changes(lines={order.lines.get().pk: {"quantity": Decimal(quantity)}})


def totals(system: SupplySystem, order: Order) -> tuple[Decimal, Decimal]:
    """What the order comes to here and there, tax of 20 % included."""
    order.refresh_from_db()
    return order.total, Decimal(system.there(order.number or "")["totals"]["total"])


def both(amount: str) -> tuple[Decimal, Decimal]:
    return Decimal(amount), Decimal(amount)


def edit_there(system: SupplySystem, order: Order, **fields: str) -> None:
    system.edit_line(system.there(order.number or "")["id"], **fields)


def sent_again(order: Order) -> int:
    return SalesEvent.objects.filter(subject_id=order.pk, type="order.sent_again").count()


@pytest.mark.parametrize(
    ("before", "after", "total"), [(2, 6, "144.00"), (6, 2, "43.20"), (6, 12, "259.20")]
)
def test_their_quantity_takes_no_volume_discount_off_a_price_of_theirs(
    system: SupplySystem, market: Market, before: int, after: int, total: str
) -> None:
    give_prices(system)
    order = placed(system, market, before)

    edit_there(system, order, quantity=str(after))
    system.deliver()
    at_once = totals(system, order)
    settle(system)

    assert (at_once, totals(system, order)) == (both(total), both(total))
    assert (sent_again(order), Discrepancy.objects.open().count()) == (0, 0)


@pytest.mark.parametrize(
    ("before", "after", "total"), [(2, 6, "144.00"), (6, 2, "43.20"), (6, 12, "259.20")]
)
def test_our_quantity_takes_no_volume_discount_off_a_price_of_theirs(
    system: SupplySystem, market: Market, before: int, after: int, total: str
) -> None:
    give_prices(system)
    order = placed(system, market, before)

    shown = preview_change(order.pk, ask(order, after), actor=market.rep)
    change_order(order.pk, ask(order, after), actor=market.rep)
    order.refresh_from_db()
    at_once = order.total
    settle(system)

    assert [each["field"] for each in shown] == ["total", "quantity"]
    assert (at_once, totals(system, order)) == (Decimal(total), both(total))
    assert (sent_again(order), Discrepancy.objects.open().count()) == (0, 0)


def test_a_price_that_is_shared_follows_our_volume_discount(
    system: SupplySystem, market: Market
) -> None:
    order = placed(system, market, 2)

    change_order(order.pk, ask(order, 6), actor=market.rep)
    settle(system)

    assert order.lines.get().price_source == Source.LIST
    assert totals(system, order) == both("129.60")


@pytest.mark.parametrize("is_theirs", [False, True])
def test_their_price_counts_also_if_it_is_our_list_price(
    system: SupplySystem, market: Market, *, is_theirs: bool
) -> None:
    order = placed(system, market, 6)
    if is_theirs:
        give_prices(system)
    assert totals(system, order) == both("129.60")

    edit_there(system, order, price="20.00")
    settle(system)

    line = order.lines.get()
    assert (line.unit_price, line.volume_discount) == (20, 0)
    assert (line.price_source, line.price_origin) == (Source.EXTERNAL, "Supply")
    assert totals(system, order) == both("144.00")

    change_order(order.pk, ask(order, 12), actor=market.rep)
    settle(system)
    assert totals(system, order) == both("288.00")
    assert (sent_again(order), Discrepancy.objects.open().count()) == (0, 0)


@pytest.mark.parametrize("is_theirs", [False, True])
def test_their_price_and_our_quantity_of_one_moment_are_merged(
    system: SupplySystem, market: Market, *, is_theirs: bool
) -> None:
    order = placed(system, market, 2)
    if is_theirs:
        give_prices(system)

    edit_there(system, order, price="21.00", quantity="2")
    system.deliver()
    change_order(order.pk, ask(order, 6), actor=market.rep)
    settle(system)

    assert totals(system, order) == both("151.20")
    assert not Discrepancy.objects.open().exists()


def test_their_quantity_and_price_of_one_snapshot_are_taken_as_they_are(
    system: SupplySystem, market: Market
) -> None:
    order = placed(system, market, 2)

    edit_there(system, order, price="19.00", quantity="6")
    settle(system)

    assert totals(system, order) == both("136.80")
    assert (sent_again(order), Discrepancy.objects.open().count()) == (0, 0)


def test_a_line_that_they_added_keeps_its_price_at_every_quantity(
    system: SupplySystem, market: Market
) -> None:
    there = system.enter({**LINE, "quantity": "6"})
    settle(system)
    order = Order.objects.get(number=there["number"])
    assert totals(system, order) == both("144.00")

    change_order(order.pk, ask(order, 12), actor=market.rep)
    settle(system)
    assert totals(system, order) == both("288.00")

    edit_there(system, order, quantity="2")
    settle(system)
    assert totals(system, order) == both("48.00")
    assert not Discrepancy.objects.open().exists()


def decide(system: SupplySystem, order: Order, market: Market, choice: Choice) -> None:
    [found] = Discrepancy.objects.open()
    decide_conflicts(
        order.pk, system.connection, {found.pk: Chosen(choice)}, actor=market.rep, reason="Agreed"
    )
    settle(system)


def test_theirs_in_a_conflict_of_quantities_keeps_a_price_of_theirs(
    system: SupplySystem, market: Market
) -> None:
    give_prices(system)
    order = placed(system, market, 2)
    change_order(order.pk, ask(order, 6), actor=market.rep)
    edit_there(system, order, quantity="12")
    settle(system)

    decide(system, order, market, Choice.THEIRS)

    assert totals(system, order) == both("288.00")
    assert not Discrepancy.objects.open().exists()


def test_theirs_in_a_conflict_of_prices_counts_also_if_it_is_our_list_price(
    system: SupplySystem, market: Market
) -> None:
    order = placed(system, market, 6)
    change_order(order.pk, ask(order, 12), actor=market.rep)
    edit_there(system, order, price="20.00")
    settle(system)
    assert totals(system, order)[0] == Decimal("230.40")

    decide(system, order, market, Choice.THEIRS)

    assert totals(system, order) == both("288.00")
    assert not Discrepancy.objects.open().exists()
