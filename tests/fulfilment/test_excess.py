"""More that is reported than fits: what fits counts, and the line is named."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pytest_httpserver import HTTPServer

from fulfilment.models import Discrepancy, InboundMessage, Shipment
from sales.services.change_orders import Changes, change_order
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


def test_what_fits_of_too_much_is_recorded_and_the_line_is_named(
    supply: FarEnd, market: Market
) -> None:
    order, theirs = take_two_lines(supply)

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

    more = their_order(their_line(quantity="5", amount="83.34"), second_line())
    assert receive_from(supply, changed(more)) == "applied"

    assert moved(order)[0] == (5, 0, 0)
    assert not Discrepancy.objects.open().exists()
    assert not InboundMessage.objects.open().exists()


def test_what_the_tolerance_allows_is_not_asked_about(supply: FarEnd) -> None:
    supply.connection.config = {"over_delivery": "0.5"}
    supply.connection.save()
    order, theirs = take_two_lines(supply)

    assert receive_from(supply, delivery(theirs, "PS-1", _1="4.5")) == "applied"

    assert moved(order)[0] == (3, 0, 0)
    assert Shipment.objects.get().lines.get().quantity == Decimal("4.5")
    assert not Discrepancy.objects.exists()


def test_a_quantity_conflict_of_a_merge_stays_open_meanwhile(
    supply: FarEnd, market: Market
) -> None:
    order, theirs = take_two_lines(supply)
    line = order.lines.order_by("position")[0]
    change_order(order.pk, Changes(lines={line.pk: {"quantity": Decimal(4)}}), actor=market.rep)
    edited = their_order(their_line(quantity="5", amount="83.34"), second_line())
    assert receive_from(supply, changed(edited)) == "conflict"

    receive_from(supply, delivery(theirs, "PS-1", _1="2"))

    assert Discrepancy.objects.open().get().field == f"line.{line.pk}.quantity"
