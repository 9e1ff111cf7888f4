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
from tests.fulfilment.messages import moved, open_values, receive_from, returned, status_event


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


def test_shows_the_latest_value_of_a_discrepancy(order: Order, warehouse: FarEnd) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "11"))

    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "14"))

    assert open_values("part") == [("quantity", "", "10", "14")]
    assert Discrepancy.objects.count() == 1


def test_closes_discrepancy_and_message_when_the_order_is_changed(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "11"))
    line = order.lines.get()
    raised = Changes(lines={line.pk: {"quantity": Decimal(12)}})
    change_order(order.pk, raised, actor=market.rep, reason="They need more")

    receive_from(warehouse, shipment_event(order, "WH-1", "delivered", "11"))

    assert open_values("part") == []
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
    assert open_values("part") == []
    receive_from(warehouse, shipment_event(order, "WH-1", "delivered", "12"))

    assert open_values("part") == [("quantity", "", "10", "12")]


def test_records_an_order_on_hold_that_ships_and_opens_a_discrepancy(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    hold_order(order.pk, actor=market.rep, reason="Credit check")

    assert receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "4")) == "applied"

    assert moved(order) == (4, 0, 0, 0)
    assert open_values("part") == [("status", "WH-1", "on hold", "WH-1 shipped")]


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
    assert open_values("part") == [("failed", "WH-1", "–", f"{word} Nobody at home")]

    receive_from(warehouse, shipment_event(order, "WH-1", "delivered", "10"))

    assert (moved(order), open_values("part")) == ((10, 10, 0, 0), [])


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


def test_a_shipment_and_a_return_may_have_one_reference(order: Order, warehouse: FarEnd) -> None:
    for report in (
        shipment_event(order, "WH-1", "shipped", "5"),
        returned(order, "WH-1", "3", shipment_ref="WH-1"),
    ):
        assert receive_from(warehouse, report) == "applied"

    out, back = Shipment.objects.order_by("direction")
    assert (out.direction, back.direction, back.returns) == ("out", "return", out)
    assert moved(order) == (5, 0, 3, 0)


@pytest.mark.parametrize("first", ["shipment", "return"])
def test_keeps_apart_what_does_not_fit_of_a_shipment_and_a_return_of_one_reference(
    order: Order, warehouse: FarEnd, first: str
) -> None:
    reports = [
        shipment_event(order, "WH-1", "shipped", "5.5"),
        returned(order, "WH-1", "0.5"),
    ]
    for report in reports if first == "shipment" else reversed(reports):
        assert receive_from(warehouse, report) == "conflict"

    shown = Discrepancy.objects.open().order_by("is_return")
    assert [(each.is_return, each.display_part, each.theirs) for each in shown] == [
        (False, "WH-1", "5.5"),
        (True, "Return WH-1", "0.5"),
    ]

    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "6"))

    assert [each.is_return for each in Discrepancy.objects.open()] == [True]


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
