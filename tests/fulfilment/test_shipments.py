"""Shipments and returns that a person records."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from pytest_httpserver import HTTPServer

from common.errors import Duplicate, IllegalTransition, MissingField
from fulfilment.models import Handoff, Shipment
from fulfilment.services.returns import record_return
from fulfilment.services.shipments import NothingToShip, move_shipment, record_shipment
from sales.models import Order, Product, SalesEvent
from sales.pricing.errors import InvalidQuantity, QuantityNotAllowed
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.errors import OnHold, OverShipped, UnknownLine
from sales.services.orders import hold_order, submit_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, connect, submitted_order


def quantities(order: Order) -> tuple[int, int, int]:
    """Shipped, delivered, returned; these orders are of whole units."""
    line = order.lines.get()
    return int(line.shipped_quantity), int(line.delivered_quantity), int(line.returned_quantity)


def ship(order: Order, market: Market, quantity: str, **options: str) -> Shipment:
    lines = {order.lines.get().pk: Decimal(quantity)}
    return record_shipment(order.pk, actor=market.rep, lines=lines, **options)


def test_leaves_the_rest_open_after_a_partial_shipment(order: Order, market: Market) -> None:
    shipment = ship(order, market, "4", carrier="DHL", tracking="JD0001")

    order.refresh_from_db()
    assert order.fulfilment_status == Order.Fulfilment.PARTLY_SHIPPED
    assert quantities(order) == (4, 0, 0)
    assert (shipment.reference, shipment.status) == (f"{order.number}-S1", "shipped")
    assert (shipment.recorded_by, shipment.source) == (market.rep, "")
    assert shipment.parcels.get().tracking == "JD0001"
    event = SalesEvent.objects.get(type="shipment.recorded")
    assert event.data["shipment"]["lines"] == [
        {"order_line": str(order.lines.get().pk), "quantity": "4"}
    ]


def test_numbers_shipments_of_an_order(order: Order, market: Market) -> None:
    ship(order, market, "4")
    second = ship(order, market, "6")

    assert second.reference == f"{order.number}-S2"
    order.refresh_from_db()
    assert order.fulfilment_status == Order.Fulfilment.SHIPPED


@pytest.mark.parametrize(
    ("quantity", "error"), [("11", OverShipped), ("0", MissingField), ("-1", InvalidQuantity)]
)
def test_refuses_more_than_is_open_or_nothing(
    order: Order, market: Market, quantity: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        ship(order, market, quantity)

    assert quantities(order) == (0, 0, 0)
    assert not Shipment.objects.exists()


def test_names_shipped_and_ordered_quantity_in_a_refusal(order: Order, market: Market) -> None:
    ship(order, market, "8")

    with pytest.raises(OverShipped, match="11 shipped in all, but only 10 are ordered"):
        ship(order, market, "3")

    assert Shipment.objects.count() == 1


def test_refuses_a_line_of_another_order(order: Order, market: Market) -> None:
    with pytest.raises(UnknownLine):
        record_shipment(order.pk, actor=market.rep, lines={uuid.uuid4(): Decimal(1)})


def test_refuses_a_reference_that_is_used_already(order: Order, market: Market) -> None:
    ship(order, market, "1", reference="WH-1")

    with pytest.raises(Duplicate, match="has a shipment WH-1 already"):
        ship(order, market, "1", reference="WH-1")

    assert quantities(order) == (1, 0, 0)


def test_refuses_to_ship_a_draft(market: Market) -> None:
    draft = draft_order(actor=market.rep, account=market.account, name="Bar refit")

    with pytest.raises(
        IllegalTransition, match=r"only submitted orders are shipped\. Submit it if it is a draft"
    ):
        record_shipment(draft.pk, actor=market.rep, lines={uuid.uuid4(): Decimal(1)})


def test_refuses_to_ship_what_is_on_hold(order: Order, market: Market) -> None:
    hold_order(order.pk, actor=market.rep, reason="Credit check")

    with pytest.raises(OnHold, match="Credit check"):
        ship(order, market, "1")

    assert not Shipment.objects.exists()


def test_refuses_to_ship_an_order_that_has_left_in_full(order: Order, market: Market) -> None:
    ship(order, market, "10")

    with pytest.raises(NothingToShip, match=f"Everything of {order.number} is shipped"):
        ship(order, market, "1", status="packed")

    assert quantities(order) == (10, 0, 0)
    assert Shipment.objects.count() == 1


def test_counts_a_packed_shipment_when_it_is_shipped(order: Order, market: Market) -> None:
    shipment = ship(order, market, "10", status="packed")
    assert quantities(order) == (0, 0, 0)

    move_shipment(shipment.pk, actor=market.rep, status="shipped")
    assert quantities(order) == (10, 0, 0)
    move_shipment(shipment.pk, actor=market.rep, status="delivered")

    assert quantities(order) == (10, 10, 0)
    order.refresh_from_db()
    assert order.fulfilment_status == Order.Fulfilment.DELIVERED


def test_refuses_to_move_a_shipment_backwards(order: Order, market: Market) -> None:
    shipment = ship(order, market, "10", status="delivered")

    with pytest.raises(IllegalTransition):
        move_shipment(shipment.pk, actor=market.rep, status="packed")

    assert quantities(order) == (10, 10, 0)


def test_reopens_the_quantities_of_a_failed_shipment(order: Order, market: Market) -> None:
    shipment = ship(order, market, "10")

    move_shipment(shipment.pk, actor=market.rep, status="failed")

    assert quantities(order) == (0, 0, 0)
    order.refresh_from_db()
    assert order.fulfilment_status == Order.Fulfilment.NOT_STARTED


def test_sends_recorded_shipments_to_connections_that_receive_them(
    httpserver: HTTPServer, market: Market
) -> None:
    far_end: FarEnd = connect(httpserver, "erp", ["shipment.recorded"])
    order = submitted_order(market)

    ship(order, market, "4")

    assert Handoff.objects.get().lane.connection == far_end.connection


def test_refuses_to_ship_or_return_a_part_of_a_whole_unit(order: Order, market: Market) -> None:
    with pytest.raises(
        QuantityNotAllowed,
        match=r"This product is sold in whole units: enter 1 or 2 instead of 1\.5",
    ) as refusal:
        ship(order, market, "1.5")
    assert refusal.value.line == str(order.lines.get().pk)
    assert quantities(order) == (0, 0, 0)
    assert not Shipment.objects.exists()

    shipment = ship(order, market, "4")
    with pytest.raises(
        QuantityNotAllowed, match="Espresso machine: This product is sold in whole units"
    ):
        record_return(
            order.pk,
            actor=market.rep,
            lines={order.lines.get().pk: Decimal("0.5")},
            returns=shipment,
        )
    assert quantities(order) == (4, 0, 0)


def test_ships_all_that_is_left_whatever_the_catalogue_says_by_now(market: Market) -> None:
    product = market.product("100.00", decimals=1)
    order = draft_order(actor=market.rep, account=market.account, name="Beans")
    line = add_line(order, actor=market.rep, product=product, quantity=Decimal("1.5"))
    submit_order(order.pk, actor=market.rep)
    Product.objects.update(decimals=0)

    shipment = record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal("1.5")})
    record_return(order.pk, actor=market.rep, lines={line.pk: Decimal("1.5")}, returns=shipment)

    line = order.lines.get()
    assert (line.shipped_quantity, line.returned_quantity) == (Decimal("1.5"), Decimal("1.5"))
