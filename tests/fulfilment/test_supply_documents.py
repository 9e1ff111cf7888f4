"""Documents of the supply-chain system find their order and their lines, or wait."""

from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer

from fulfilment.inbound.deferral import retry_deferred
from fulfilment.models import Discrepancy
from sales.models import Order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import (
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


def test_a_delivery_waits_for_its_order_and_for_its_line(supply: FarEnd) -> None:
    theirs = their_order()
    early = delivery(theirs, "PS-1", _1="2")
    assert receive_from(supply, early) == "deferred"

    receive_from(supply, changed(theirs))
    retry_deferred()

    order = Order.objects.get()
    assert moved(order) == [(2, 0, 0)]

    with_second = their_order(their_line(), second_line())
    assert receive_from(supply, delivery(with_second, "PS-2", _1="1", _2="2")) == "deferred"
    receive_from(supply, changed(with_second))
    retry_deferred()

    assert moved(order) == [(3, 0, 0), (2, 0, 0)]


def test_a_line_that_is_not_theirs_is_named(supply: FarEnd) -> None:
    order, theirs = take_two_lines(supply)

    assert receive_from(supply, delivery(theirs, "PS-1", _1="2", _7="1")) == "conflict"

    found = Discrepancy.objects.get()
    assert moved(order)[0] == (2, 0, 0)
    assert (found.part, found.field, found.theirs) == ("PS-1", "LOT-000007", "1")
