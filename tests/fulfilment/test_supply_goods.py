"""Deliveries and returns of the supply-chain system: shipments and returns of our order."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from fulfilment.inbound.deferral import retry_deferred
from fulfilment.inbound.schemas import InvalidMessage, parse_message
from fulfilment.models import Discrepancy, InboundMessage, Shipment
from sales.models import Invoice, Order, SalesEvent
from sales.services.change_orders import Changes, change_order
from sales.services.integrity.verification import verify
from sales.services.orders import cancel_order, hold_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import (
    back,
    changed,
    connect_supply,
    delivery,
    mapped_product,
    their_line,
    their_order,
)

SECOND = their_line("LOT-000002", quantity="2", discount="0", charge="0", amount="40.00")
Quantities = tuple[Decimal, Decimal, Decimal]


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    """The supply-chain system, which ships and bills, with one mapped item AX-9 at 25.00."""
    far_end = connect_supply(httpserver, market)
    mapped_product(far_end.connection, market, "AX-9", "25.00")
    return far_end


def take(supply: FarEnd, **fields: Any) -> tuple[Order, dict[str, Any]]:
    """Take in an order of three and two, and return it here and there."""
    theirs = their_order(their_line(), SECOND, **fields)
    assert receive_from(supply, changed(theirs)) == "applied"
    return Order.objects.get(number=theirs["number"]), theirs


def moved(order: Order) -> list[Quantities]:
    """How much of each line is shipped, returned and replaced."""
    columns = ("shipped_quantity", "returned_quantity", "replaced_quantity")
    return list(order.lines.order_by("position").values_list(*columns))


def test_deliveries_become_shipments_and_bill_nothing(supply: FarEnd) -> None:
    order, theirs = take(supply)

    assert receive_from(supply, delivery(theirs, "PS-1", _1="2")) == "applied"
    order.refresh_from_db()
    assert order.fulfilment_status == "partly_shipped"
    assert receive_from(supply, delivery(theirs, "PS-2", _1="1", _2="2")) == "applied"

    order.refresh_from_db()
    first, second = Shipment.objects.order_by("id")
    assert (first.reference, first.status, first.source) == ("PS-1", "shipped", "supply")
    assert second.reference == "PS-2"
    assert moved(order) == [(3, 0, 0), (2, 0, 0)]
    assert (order.fulfilment_status, order.billing_status) == ("shipped", "to_invoice")
    assert not Invoice.objects.exists()
    assert not Discrepancy.objects.exists()
    assert not any(verify().values())


def test_a_document_is_recorded_once_however_often_it_is_sent(supply: FarEnd) -> None:
    order, theirs = take(supply)

    for _time in range(2):  # under an id of its own each time
        assert receive_from(supply, delivery(theirs, "PS-1", _1="2")) == "applied"

    assert moved(order)[0] == (2, 0, 0)
    assert SalesEvent.objects.filter(type="shipment.recorded").count() == 1


@pytest.mark.parametrize(("replace", "open_to_ship"), [(True, 1), (False, 0)])
def test_returns_are_delivered_once_more_or_not(
    supply: FarEnd, replace: bool, open_to_ship: int
) -> None:
    order, theirs = take(supply)
    receive_from(supply, delivery(theirs, "PS-1", _1="3", _2="2"))

    assert receive_from(supply, back(theirs, "RMA-1", _1="1", replace=replace)) == "applied"

    line = order.lines.order_by("position")[0]
    returned = Shipment.objects.get(direction="return")
    assert (returned.reference, returned.is_replaced) == ("RMA-1", replace)
    assert (line.shipped_quantity, line.returned_quantity) == (3, 1)
    assert line.open_to_ship == open_to_ship


def test_what_fits_of_too_much_is_recorded_and_the_line_is_named(
    supply: FarEnd, market: Market
) -> None:
    order, theirs = take(supply)

    assert receive_from(supply, delivery(theirs, "PS-1", _1="5")) == "conflict"

    line = order.lines.order_by("position")[0]
    found = Discrepancy.objects.get()
    assert moved(order)[0] == (3, 0, 0)
    assert (found.kind, found.field, found.ours, found.theirs, found.difference) == (
        "quantity",
        str(line.pk),
        "3",
        "5",
        "+2",
    )

    more = their_order(their_line(quantity="5", amount="83.34"), SECOND)
    assert receive_from(supply, changed(more)) == "applied"

    assert moved(order)[0] == (5, 0, 0)
    assert not Discrepancy.objects.open().exists()
    assert not InboundMessage.objects.open().exists()


def test_what_the_tolerance_allows_is_not_asked_about(supply: FarEnd) -> None:
    supply.connection.config = {"over_delivery": "0.5"}
    supply.connection.save()
    order, theirs = take(supply)

    assert receive_from(supply, delivery(theirs, "PS-1", _1="4.5")) == "applied"

    assert moved(order)[0] == (3, 0, 0)
    assert Shipment.objects.get().lines.get().quantity == Decimal("4.5")
    assert not Discrepancy.objects.exists()


def test_a_quantity_conflict_of_a_merge_stays_open_meanwhile(
    supply: FarEnd, market: Market
) -> None:
    order, theirs = take(supply)
    line = order.lines.order_by("position")[0]
    change_order(order.pk, Changes(lines={line.pk: {"quantity": Decimal(4)}}), actor=market.rep)
    edited = their_order(their_line(quantity="5", amount="83.34"), SECOND)
    assert receive_from(supply, changed(edited)) == "conflict"

    receive_from(supply, delivery(theirs, "PS-1", _1="2"))

    assert Discrepancy.objects.open().get().field == f"line.{line.pk}.quantity"


def test_a_delivery_waits_for_its_order_and_for_its_line(supply: FarEnd) -> None:
    theirs = their_order()
    early = delivery(theirs, "PS-1", _1="2")
    assert receive_from(supply, early) == "deferred"

    receive_from(supply, changed(theirs))
    retry_deferred()

    order = Order.objects.get()
    assert moved(order) == [(2, 0, 0)]

    with_second = their_order(their_line(), SECOND)
    assert receive_from(supply, delivery(with_second, "PS-2", _1="1", _2="2")) == "deferred"
    receive_from(supply, changed(with_second))
    retry_deferred()

    assert moved(order) == [(3, 0, 0), (2, 0, 0)]


def test_a_line_that_is_not_theirs_is_named(supply: FarEnd) -> None:
    order, theirs = take(supply)

    assert receive_from(supply, delivery(theirs, "PS-1", _1="2", _7="1")) == "conflict"

    found = Discrepancy.objects.get()
    assert moved(order)[0] == (2, 0, 0)
    assert (found.part, found.field, found.theirs) == ("PS-1", "LOT-000007", "1")


def test_what_left_a_cancelled_order_is_asked_about(supply: FarEnd, market: Market) -> None:
    order, theirs = take(supply)
    cancel_order(order.pk, actor=market.rep, reason="No money")

    assert receive_from(supply, delivery(theirs, "PS-1", _1="2")) == "conflict"

    found = Discrepancy.objects.get()
    assert (found.kind, found.part, found.display_ours) == ("status", "PS-1", "cancelled")
    assert not Shipment.objects.exists()


def test_what_left_an_order_on_hold_is_recorded_and_named(supply: FarEnd, market: Market) -> None:
    order, theirs = take(supply)
    hold_order(order.pk, actor=market.rep, reason="Credit")

    assert receive_from(supply, delivery(theirs, "PS-1", _1="2")) == "applied"

    assert moved(order)[0] == (2, 0, 0)
    assert Discrepancy.objects.get().display_ours == "on hold"


@pytest.mark.parametrize("arrival", [*permutations(range(5))][::7])
def test_goods_end_the_same_in_whatever_order_they_come(
    supply: FarEnd, arrival: tuple[int, ...]
) -> None:
    first = their_order(their_line(), SECOND)
    raised = their_order(their_line(quantity="4", amount="66.67"), SECOND)
    said = [
        changed(raised),
        delivery(first, "PS-1", _1="3"),
        delivery(raised, "PS-2", _1="2", _2="2"),
        back(raised, "RMA-1", _1="1", replace=True),
        back(raised, "RMA-2", _2="1"),
    ]
    receive_from(supply, changed(first))

    for each in (*arrival, *arrival[::-1]):
        receive_from(supply, said[each])
    retry_deferred()

    order = Order.objects.get()
    assert moved(order) == [(5, 1, 1), (2, 1, 0)]
    assert order.fulfilment_status == "partly_returned"
    assert sorted(Shipment.objects.values_list("reference", flat=True)) == [
        *("PS-1", "PS-2", "RMA-1", "RMA-2"),
    ]
    assert not Discrepancy.objects.open().exists()
    assert not InboundMessage.objects.waiting().exists()
    assert not any(verify().values())


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"number": ""}, "number"),
        ({"posted_on": "yesterday"}, "posted_on"),
        ({"lines": []}, "lines"),
        ({"lines": [{"id": "LOT-000001", "quantity": "many"}]}, "lines"),
    ],
)
def test_refuses_what_is_no_delivery(wrong: dict[str, Any], field: str) -> None:
    message = delivery(their_order(), "PS-1", _1="2")
    message["data"]["delivery"] |= wrong

    with pytest.raises(InvalidMessage) as refused:
        parse_message(message)

    assert list(refused.value.errors_by_field["data"]["delivery"]) == [field]
