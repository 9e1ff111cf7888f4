"""Effects of a warehouse's messages: corrections, shortages, returns, what does not fit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fulfilment.models import Discrepancy, InboundMessage, Shipment
from fulfilment.services.discrepancies import resolve_discrepancy
from sales.models import Order
from sales.services.change_orders import Changes, change_order
from sales.services.orders import hold_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, connect, shipment_event, submitted_order
from tests.fulfilment.messages import receive_from, returned, shortage, status_event


def moved(order: Order) -> tuple[int, int, int, int]:
    """Shipped, delivered, returned and replaced units of the only line."""
    line = order.lines.get()
    figures = (
        line.shipped_quantity,
        line.delivered_quantity,
        line.returned_quantity,
        line.replaced_quantity,
    )
    shipped, delivered, back, replaced = map(int, figures)
    return shipped, delivered, back, replaced


def open_values() -> list[tuple[str, str, str, str]]:
    """Kind, part and both values of every open discrepancy."""
    found = Discrepancy.objects.filter(resolved_at__isnull=True).order_by("id")
    return list(found.values_list("kind", "part", "ours", "theirs"))


def test_a_correction_takes_quantities_and_status_back(order: Order, warehouse: FarEnd) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "delivered", "8"))
    corrected = shipment_event(order, "WH-1", "packed", "3", correction=True)

    assert receive_from(warehouse, corrected) == "applied"

    shipment = Shipment.objects.get()
    assert (shipment.status, shipment.lines.get().quantity) == ("packed", 3)
    assert moved(order) == (0, 0, 0, 0)
    order.refresh_from_db()
    assert (order.fulfilment_status, order.processing_status) == ("not_started", "")


def test_a_lower_report_without_correction_takes_nothing_back(
    order: Order, warehouse: FarEnd
) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "delivered", "8"))

    receive_from(warehouse, shipment_event(order, "WH-1", "packed", "3"))

    assert moved(order) == (8, 8, 0, 0)


def test_a_correction_with_a_lower_sequence_changes_nothing(
    order: Order, warehouse: FarEnd
) -> None:
    early = shipment_event(order, "WH-1", "packed", "3", correction=True)
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "8"))

    receive_from(warehouse, early)

    assert moved(order) == (8, 0, 0, 0)
    assert Shipment.objects.get().status == "shipped"


def test_the_latest_of_two_corrections_counts(order: Order, warehouse: FarEnd) -> None:
    for quantity in ("8", "5", "3"):
        is_correction = quantity != "8"
        message = shipment_event(order, "WH-1", "shipped", quantity, correction=is_correction)
        assert receive_from(warehouse, message) == "applied"

    assert moved(order) == (3, 0, 0, 0)


def test_an_early_total_that_arrives_late_counts_where_it_is_larger(
    order: Order, warehouse: FarEnd
) -> None:
    early = shipment_event(order, "WH-1", "shipped", "8")
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "3"))

    receive_from(warehouse, early)

    assert moved(order) == (8, 0, 0, 0)


def test_the_latest_carrier_of_a_return_counts(order: Order, warehouse: FarEnd) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "8"))
    for quantity, carrier in (("1", "DHL"), ("2", "UPS"), ("3", "")):
        receive_from(warehouse, returned(order, "WH-R1", quantity, carrier=carrier))

    back = Shipment.objects.get(reference="WH-R1")
    assert (back.carrier, back.lines.get().quantity) == ("UPS", 3)


def test_a_correction_takes_the_status_of_an_order_back(order: Order, warehouse: FarEnd) -> None:
    receive_from(warehouse, status_event(order, "packed"))

    receive_from(warehouse, status_event(order, "accepted", correction=True))

    order.refresh_from_db()
    assert order.processing_status == "accepted"


def test_shipments_of_two_connections_may_have_one_reference(
    market: Market, warehouse: FarEnd, httpserver: object
) -> None:
    other = connect(httpserver, "second", ["order.submitted"], reports_as=["warehouse"])  # type: ignore[arg-type]  # pytest's own fixture
    order = submitted_order(market)
    receive_from(warehouse, shipment_event(order, "S-1", "shipped", "4"))

    receive_from(other, shipment_event(order, "S-1", "picked", "6"))

    assert sorted(Shipment.objects.values_list("source", "reference", "status")) == [
        ("second", "S-1", "picked"),
        ("warehouse", "S-1", "shipped"),
    ]
    assert moved(order) == (4, 0, 0, 0)


def test_names_every_line_that_is_shipped_too_often(market: Market, warehouse: FarEnd) -> None:
    order = submitted_order(market, "10", "3")

    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "12", "4"))

    assert open_values() == [("quantity", "", "10", "12"), ("quantity", "", "3", "4")]
    first, second = (line.description for line in order.lines.order_by("position"))
    detail = InboundMessage.objects.get().display_detail
    assert f"{first}: 12 shipped in all, but only 10 are ordered." in detail
    assert f"{second}: 4 shipped in all, but only 3 are ordered." in detail
    assert list(order.lines.values_list("shipped_quantity", flat=True)) == [10, 3]


def test_shows_the_latest_value_of_a_discrepancy(order: Order, warehouse: FarEnd) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "11"))

    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "14"))

    assert open_values() == [("quantity", "", "10", "14")]
    assert Discrepancy.objects.count() == 1


def test_closes_discrepancy_and_message_when_the_order_is_changed(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "11"))
    line = order.lines.get()
    raised = Changes(lines={line.pk: {"quantity": Decimal(12)}})
    change_order(order.pk, raised, actor=market.rep, reason="They need more")

    receive_from(warehouse, shipment_event(order, "WH-1", "delivered", "11"))

    assert open_values() == []
    assert moved(order) == (11, 11, 0, 0)
    first = InboundMessage.objects.earliest("id")
    assert (first.result, first.resolved_at is not None) == ("conflict", True)


def test_what_a_person_decided_stays_decided_until_another_value_comes(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "11"))
    found = Discrepancy.objects.get()
    resolve_discrepancy(found, actor=market.rep, reason="They counted a sample")

    receive_from(warehouse, shipment_event(order, "WH-1", "delivered", "11"))
    assert open_values() == []
    receive_from(warehouse, shipment_event(order, "WH-1", "delivered", "12"))

    assert open_values() == [("quantity", "", "10", "12")]


def test_records_an_order_on_hold_that_ships_and_opens_a_discrepancy(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    hold_order(order.pk, actor=market.rep, reason="Credit check")

    assert receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "4")) == "applied"

    assert moved(order) == (4, 0, 0, 0)
    assert open_values() == [("status", "WH-1", "on hold", "WH-1 shipped")]


@pytest.mark.parametrize("word", ["failed", "refused"])
def test_a_shipment_that_did_not_arrive_is_open_again_and_named(
    order: Order, warehouse: FarEnd, word: str
) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "10"))
    message = shipment_event(order, "WH-1", word, "10")
    message["data"]["reason"] = "Nobody at home"

    assert receive_from(warehouse, message) == "applied"

    assert Shipment.objects.get().status == "failed"
    assert moved(order) == (0, 0, 0, 0)
    assert open_values() == [("failed", "WH-1", "–", f"{word} Nobody at home")]

    receive_from(warehouse, shipment_event(order, "WH-1", "delivered", "10"))

    assert (moved(order), open_values()) == ((10, 10, 0, 0), [])


def test_keeps_what_cannot_be_shipped_until_it_can(order: Order, warehouse: FarEnd) -> None:
    assert receive_from(warehouse, shortage(order, "4")) == "applied"

    assert open_values() == [("shortage", "", "10", "4 Sold out")]
    line = order.lines.get()
    assert InboundMessage.objects.get().display_detail == (
        f"{line.description} cannot be shipped: 4 Sold out."
    )

    receive_from(warehouse, shortage(order, "0"))

    assert open_values() == []


def test_a_refused_order_is_short_of_all_that_is_open(market: Market, warehouse: FarEnd) -> None:
    order = submitted_order(market, "10", "3")
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "4", "3"))

    receive_from(warehouse, shortage(order, reason="Export ban"))

    assert open_values() == [("shortage", "", "6", "6 Export ban")]


@pytest.mark.parametrize(("replace", "replaced"), [(False, 0), (True, 3)])
def test_records_goods_that_came_back(
    order: Order, warehouse: FarEnd, replace: bool, replaced: int
) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "10"))

    message = returned(order, "WH-R1", "3", replace=replace, shipment_ref="WH-1")
    assert receive_from(warehouse, message) == "applied"

    assert moved(order) == (10, 0, 3, replaced)
    back = Shipment.objects.get(direction="return")
    assert (back.reference, back.source, back.is_replaced) == ("WH-R1", "warehouse", replace)
    assert back.returns == Shipment.objects.get(direction="out")


def test_keeps_more_returns_than_shipments_until_the_shipment_is_reported(
    order: Order, warehouse: FarEnd
) -> None:
    assert receive_from(warehouse, returned(order, "WH-R1", "3")) == "conflict"
    assert (moved(order), open_values()) == ((0, 0, 0, 0), [("quantity", "", "0", "3")])

    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "5"))

    assert (moved(order), open_values()) == ((5, 0, 3, 0), [])
    assert InboundMessage.objects.filter(resolved_at__isnull=False).count() == 1


def test_a_return_finds_its_shipment_when_that_comes_later(order: Order, warehouse: FarEnd) -> None:
    receive_from(warehouse, returned(order, "WH-R1", "3", shipment_ref="WH-1"))
    assert Shipment.objects.get().returns is None

    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "5"))

    assert Shipment.objects.get(direction="return").returns == Shipment.objects.get(direction="out")
    assert open_values() == []


def test_a_shortage_is_settled_when_all_is_shipped(order: Order, warehouse: FarEnd) -> None:
    receive_from(warehouse, shortage(order, "4"))
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "6"))
    assert open_values() == [("shortage", "", "4", "4 Sold out")]

    receive_from(warehouse, shipment_event(order, "WH-2", "shipped", "4"))

    assert open_values() == []


def test_a_message_waits_no_longer_than_what_it_is_about(market: Market, warehouse: FarEnd) -> None:
    order = submitted_order(market, "10", "3")
    receive_from(warehouse, shortage(order, "0", "2"))
    assert receive_from(warehouse, returned(order, "WH-R1", "3", "0")) == "conflict"

    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "5", "0"))

    assert open_values() == [("shortage", "", "3", "2 Sold out")]
    assert not any(message.is_open for message in InboundMessage.objects.all())


def test_a_shortage_of_what_was_shipped_before_stays(order: Order, warehouse: FarEnd) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "10"))

    receive_from(warehouse, shortage(order, "4"))

    assert open_values() == [("shortage", "", "0", "4 Sold out")]


def test_quarantines_a_return_under_the_reference_of_a_shipment(
    order: Order, warehouse: FarEnd
) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "5"))

    assert receive_from(warehouse, returned(order, "WH-1", "3")) == "quarantined"

    stored = InboundMessage.objects.latest("id")
    assert (stored.display_detail, stored.root_id) == ("WH-1 is recorded as a shipment.", order.pk)
    assert moved(order) == (5, 0, 0, 0)


def test_a_line_that_is_named_twice_counts_with_both_quantities(
    order: Order, warehouse: FarEnd
) -> None:
    message = shipment_event(order, "WH-1", "shipped", "2")
    message["data"]["lines"] *= 2

    receive_from(warehouse, message)

    assert moved(order) == (4, 0, 0, 0)


def test_a_message_about_what_is_decided_already_waits_for_nobody(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "11"))
    resolve_discrepancy(Discrepancy.objects.get(), actor=market.rep, reason="A sample")

    assert receive_from(warehouse, shipment_event(order, "WH-1", "delivered", "11")) == "conflict"

    assert not any(message.is_open for message in InboundMessage.objects.all())
