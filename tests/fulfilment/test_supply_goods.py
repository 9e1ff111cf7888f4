"""Deliveries and returns of the supply-chain system: shipments and returns of our order."""

from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer

from fulfilment.models import Discrepancy, Shipment
from fulfilment.services.mappings import map_code
from sales.models import Invoice, Order, Product, SalesEvent
from sales.services.integrity.verification import verify
from sales.services.orders import cancel_order, hold_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import (
    Kind,
    back,
    changed,
    connect_supply,
    delivery,
    mapped_product,
    moved,
    second_line,
    take_two_lines,
    their_line,
    their_order,
)


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    """The supply-chain system, which ships and bills, with one mapped item AX-9 at 25.00."""
    far_end = connect_supply(httpserver, market)
    mapped_product(far_end.connection, market, "AX-9", "25.00")
    return far_end


def test_deliveries_become_shipments_and_bill_nothing(supply: FarEnd) -> None:
    order, theirs = take_two_lines(supply)

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
    order, theirs = take_two_lines(supply)

    for _time in range(2):  # under an id of its own each time
        assert receive_from(supply, delivery(theirs, "PS-1", _1="2")) == "applied"

    assert moved(order)[0] == (2, 0, 0)
    assert SalesEvent.objects.filter(type="shipment.recorded").count() == 1


@pytest.mark.parametrize(("replace", "open_to_ship"), [(True, 1), (False, 0)])
def test_returns_are_delivered_once_more_or_not(
    supply: FarEnd, replace: bool, open_to_ship: int
) -> None:
    order, theirs = take_two_lines(supply)
    receive_from(supply, delivery(theirs, "PS-1", _1="3", _2="2"))

    assert receive_from(supply, back(theirs, "RMA-1", _1="1", replace=replace)) == "applied"

    line = order.lines.order_by("position")[0]
    returned = Shipment.objects.get(direction="return")
    assert (returned.reference, returned.is_replaced) == ("RMA-1", replace)
    assert (line.shipped_quantity, line.returned_quantity) == (3, 1)
    assert line.open_to_ship == open_to_ship


def test_what_left_a_cancelled_order_is_asked_about(supply: FarEnd, market: Market) -> None:
    order, theirs = take_two_lines(supply)
    cancel_order(order.pk, actor=market.rep, reason="No money")

    assert receive_from(supply, delivery(theirs, "PS-1", _1="2")) == "conflict"

    found = Discrepancy.objects.get()
    assert (found.kind, found.part, found.display_ours) == ("status", "PS-1", "cancelled")
    assert not Shipment.objects.exists()


def test_what_left_an_order_on_hold_is_recorded_and_named(supply: FarEnd, market: Market) -> None:
    order, theirs = take_two_lines(supply)
    hold_order(order.pk, actor=market.rep, reason="Credit")

    assert receive_from(supply, delivery(theirs, "PS-1", _1="2")) == "applied"

    assert moved(order)[0] == (2, 0, 0)
    assert Discrepancy.objects.get().display_ours == "on hold"


def test_services_that_they_deliver_are_as_far_as_they_say(supply: FarEnd) -> None:
    Product.objects.update(kind=Product.Kind.SERVICE)
    order, theirs = take_two_lines(supply)

    statuses = []
    for number, lots in {"PS-1": {"_1": "2"}, "PS-2": {"_1": "1", "_2": "2"}}.items():
        receive_from(supply, delivery(theirs, number, **lots))
        order.refresh_from_db()
        statuses.append(order.fulfilment_status)
    receive_from(supply, back(theirs, "RMA-1", _1="3", _2="2"))
    order.refresh_from_db()

    assert statuses == ["partly_shipped", "shipped"]
    assert order.fulfilment_status == "returned"


def test_goods_decide_how_far_an_order_with_services_is(supply: FarEnd, market: Market) -> None:
    service = market.product("50.00", kind=Product.Kind.SERVICE)
    map_code(supply.connection, (Kind.PRODUCT, "SV-1"), service)
    map_code(supply.connection, (Kind.UNIT, "H"), service.default_unit)
    theirs = their_order(their_line(), second_line(item="SV-1", unit="H"))
    receive_from(supply, changed(theirs))

    receive_from(supply, delivery(theirs, "PS-1", _2="2"))
    assert Order.objects.get().fulfilment_status == "not_started"
    receive_from(supply, delivery(theirs, "PS-2", _1="3"))

    assert Order.objects.get().fulfilment_status == "shipped"
