"""Returns: counted beside what was shipped, replaced or not, and never more than left."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from common.errors import Duplicate
from fulfilment.models import Shipment
from fulfilment.services.returns import left_to_return, record_return
from fulfilment.services.shipments import record_shipment
from sales.models import Order
from sales.pricing.errors import QuantityExceedsOpen
from tests.factories import Market


def ship(order: Order, market: Market, quantity: int) -> Shipment:
    """Record a shipment of the only line."""
    lines = {order.lines.get().pk: Decimal(quantity)}
    return record_shipment(order.pk, actor=market.rep, lines=lines)


@pytest.mark.parametrize(("replace", "replaced", "open_to_ship"), [(False, 0, 0), (True, 3, 3)])
def test_counts_what_came_back_and_opens_what_is_replaced(
    order: Order, market: Market, replace: bool, replaced: int, open_to_ship: int
) -> None:
    shipment = ship(order, market, 10)
    line = order.lines.get()

    back = record_return(
        order.pk,
        actor=market.rep,
        lines={line.pk: Decimal(3)},
        returns=shipment,
        replace=replace,
    )

    line.refresh_from_db()
    assert (back.direction, back.reference) == ("return", f"{order.number}-R1")
    assert (line.shipped_quantity, line.returned_quantity, line.replaced_quantity) == (
        10,
        3,
        replaced,
    )
    assert line.open_to_ship == open_to_ship
    assert left_to_return(shipment) == {line.pk: Decimal(7)}


def test_refuses_to_return_more_than_is_left_of_a_shipment_and_names_the_line(
    order: Order, market: Market
) -> None:
    shipment, line = ship(order, market, 4), order.lines.get()
    ship(order, market, 6)
    place = f"of {line.description} in {shipment} can still be returned"

    def return_goods(quantity: int) -> Shipment:
        lines = {line.pk: Decimal(quantity)}
        return record_return(order.pk, actor=market.rep, lines=lines, returns=shipment)

    with pytest.raises(QuantityExceedsOpen, match=f"^Only 4 {place}: enter at most 4.$") as refusal:
        return_goods(5)
    assert refusal.value.line == str(line.pk)
    return_goods(4)
    with pytest.raises(QuantityExceedsOpen, match=f"^Nothing {place}: leave it out.$"):
        return_goods(1)


def test_refuses_to_return_more_than_was_shipped(order: Order, market: Market) -> None:
    ship(order, market, 2)
    line = order.lines.get()

    with pytest.raises(QuantityExceedsOpen, match="no more can come back than was shipped: 3 of 2"):
        record_return(order.pk, actor=market.rep, lines={line.pk: Decimal(3)})

    line.refresh_from_db()
    assert (line.shipped_quantity, line.returned_quantity) == (2, 0)
    assert Shipment.objects.count() == 1


def test_refuses_a_second_return_with_a_reference_but_not_that_of_a_shipment(
    order: Order, market: Market
) -> None:
    pk = order.lines.get().pk
    record_shipment(order.pk, actor=market.rep, lines={pk: Decimal(5)}, reference="X-1")
    back: dict[str, Any] = {"actor": market.rep, "lines": {pk: Decimal(1)}, "reference": "X-1"}
    record_return(order.pk, **back)

    with pytest.raises(Duplicate, match=f"{order.number} has a return X-1 already: give another"):
        record_return(order.pk, **back)

    assert Shipment.objects.filter(reference="X-1").count() == 2
    assert order.lines.get().returned_quantity == 1
