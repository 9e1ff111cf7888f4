"""Shipments and returns as reported: what does not fit, and what settles it later."""

from __future__ import annotations

from fulfilment.models import InboundMessage, Shipment
from fulfilment.services.shipments import add_parcel
from sales.models import Order
from tests.factories import Market
from tests.fulfilment.conftest import (
    FarEnd,
    shipment_event,
    submitted_order,
)
from tests.fulfilment.invoice_reports import corrected
from tests.fulfilment.messages import moved, open_values, receive_from, returned, shortage


def test_names_every_line_that_is_shipped_too_often(market: Market, warehouse: FarEnd) -> None:
    order = submitted_order(market, "10", "3")

    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "12", "4"))

    assert open_values("part") == [("quantity", "", "10", "12"), ("quantity", "", "3", "4")]
    first, second = (line.description for line in order.lines.order_by("position"))
    detail = InboundMessage.objects.get().display_detail
    assert f"{first}: 12 shipped in all, but only 10 are ordered." in detail
    assert f"{second}: 4 shipped in all, but only 3 are ordered." in detail
    assert list(order.lines.values_list("shipped_quantity", flat=True)) == [10, 3]


def test_a_return_finds_its_shipment_when_that_comes_later(order: Order, warehouse: FarEnd) -> None:
    receive_from(warehouse, returned(order, "WH-R1", "3", shipment_ref="WH-1"))
    assert Shipment.objects.get().returns is None

    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "5"))

    assert Shipment.objects.get(direction="return").returns == Shipment.objects.get(direction="out")
    assert open_values("part") == []


def test_a_message_waits_no_longer_than_what_it_is_about(market: Market, warehouse: FarEnd) -> None:
    order = submitted_order(market, "10", "3")
    receive_from(warehouse, shortage(order, "0", "2"))
    assert receive_from(warehouse, returned(order, "WH-R1", "3", "0")) == "conflict"

    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "5", "0"))

    assert open_values("part") == [("shortage", "", "3", "2 Sold out")]
    assert not any(message.is_open for message in InboundMessage.objects.all())


def test_keeps_more_returns_than_shipments_until_the_shipment_is_reported(
    order: Order, warehouse: FarEnd
) -> None:
    assert receive_from(warehouse, returned(order, "WH-R1", "3")) == "conflict"
    assert (moved(order), open_values("part")) == ((0, 0, 0, 0), [("quantity", "", "0", "3")])

    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "5"))

    assert (moved(order), open_values("part")) == ((5, 0, 3, 0), [])
    assert InboundMessage.objects.filter(resolved_at__isnull=False).count() == 1


def test_a_correction_takes_parcels_and_moments_back(order: Order, warehouse: FarEnd) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "delivered", "5"))

    receive_from(warehouse, corrected(shipment_event(order, "WH-1", "packed", "5")))

    shipment = Shipment.objects.get()
    assert (shipment.carrier, shipment.tracking, list(shipment.parcels.all())) == ("", "", [])
    assert (shipment.shipped_at, shipment.delivered_at) == (None, None)


def test_a_parcel_that_a_person_noted_stays(
    market: Market, order: Order, warehouse: FarEnd
) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "5"))
    add_parcel(Shipment.objects.get().pk, actor=market.rep, tracking="OURS-1")

    receive_from(warehouse, corrected(shipment_event(order, "WH-1", "picked", "5")))

    assert [each.tracking for each in Shipment.objects.get().parcels.all()] == ["OURS-1"]


def test_a_shipment_that_failed_had_left_whichever_is_reported_first(
    order: Order, warehouse: FarEnd
) -> None:
    shipped = shipment_event(order, "WH-1", "shipped", "5")
    receive_from(warehouse, shipment_event(order, "WH-1", "failed", "5"))
    assert Shipment.objects.get().shipped_at is None

    receive_from(warehouse, shipped)

    shipment = Shipment.objects.get()
    assert (shipment.status, shipment.shipped_at is None) == ("failed", False)
