"""Snapshots that a person has to look at: fields that both changed, and unknown codes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pytest_httpserver import HTTPServer

from fulfilment.inbound.message_actions import map_waiting_code
from fulfilment.models import Discrepancy, InboundMessage
from sales.models import Order, Product
from sales.services.change_orders import Changes, change_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import (
    Kind,
    changed,
    connect_supply,
    mapped_product,
    their_line,
    their_order,
    there,
)


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    """The supply-chain system, with one mapped item AX-9 at 25.00."""
    far_end = connect_supply(httpserver, market)
    mapped_product(far_end.connection, market, "AX-9", "25.00")
    return far_end


def take(supply: FarEnd, **fields: object) -> Order:
    """Take in an order of theirs, and return it."""
    order = their_order(**fields)
    assert receive_from(supply, changed(order)) == "applied"
    return Order.objects.get(number=order["number"])


def test_ours_and_theirs_are_merged_and_what_both_changed_waits(
    supply: FarEnd, market: Market
) -> None:
    order = take(supply)
    line = order.lines.get()
    change_order(
        order.pk,
        Changes(lines={line.pk: {"quantity": Decimal(4)}}, head={"customer_reference": "OURS"}),
        actor=market.rep,
    )
    edited = their_order(their_line(quantity="5", amount="83.34"), name="Their name")

    assert receive_from(supply, changed(edited)) == "conflict"

    order.refresh_from_db()
    found = Discrepancy.objects.get()
    assert (order.name, order.customer_reference) == ("Their name", "OURS")
    assert order.lines.get().quantity == 4
    assert (found.kind, found.field) == ("field", f"line.{line.pk}.quantity")
    assert found.compared == {"base": "3", "ours": "4", "theirs": "5"}
    assert (found.ours, found.theirs, found.base) == ("4", "5", "3")


def test_codes_that_are_not_mapped_wait_and_are_applied_once_they_are(
    supply: FarEnd, market: Market
) -> None:
    first = changed(their_order(their_line(item="ZZ-1")))
    second = changed(their_order(their_line(item="ZZ-1", quantity="6", amount="100.01")))

    assert [receive_from(supply, each) for each in (first, second)] == ["quarantined"] * 2

    assert not Order.objects.exists()
    waiting = InboundMessage.objects.order_by("id")[0]
    assert waiting.unmapped == ["product:ZZ-1"]
    assert waiting.display_detail == ("Product “ZZ-1” of Supply is not mapped to a record here.")

    known = Product.objects.get()
    product = market.product("20.00", default_unit=known.default_unit, unit_group=known.unit_group)
    map_waiting_code(supply.connection, (Kind.PRODUCT, "ZZ-1"), product)

    assert there(Order.objects.get()) == "6=100.01"
    assert not InboundMessage.objects.open().exists()
