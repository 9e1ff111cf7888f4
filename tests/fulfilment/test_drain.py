"""Drain: everything that is due is sent, each event once and those of a document in order."""

from __future__ import annotations

from fulfilment.models import ExternalRef, Handoff, Lane
from fulfilment.outbound.drain import drain
from sales.models import Order, SalesEvent
from sales.services.orders import cancel_order, hold_order, release_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, outcomes, submitted_order

State = Handoff.State


def test_sends_a_signed_order_and_stores_the_reference(order: Order, warehouse: FarEnd) -> None:
    drain()

    [request] = warehouse.received
    handoff, event = Handoff.objects.get(), SalesEvent.objects.get(type="order.submitted")
    assert request.headers["webhook-id"] == f"evt_{event.pk.hex}"
    assert request.headers["Idempotency-Key"] == f'"evt_{event.pk.hex}"'
    assert request.headers["Content-Type"] == "application/cloudevents+json"
    assert request.get_data().decode() == handoff.payload.body
    assert (handoff.state, handoff.reference) == (State.ACCEPTED, "REF-000001")
    ref = ExternalRef.objects.get()
    assert (ref.record_id, ref.external_id, ref.is_provisional) == (order.pk, "REF-000001", False)
    assert outcomes() == [("push", "done")]
    lane = Lane.objects.get()
    assert (lane.pending, lane.lease_token, lane.acked_version) == (0, None, order.version)


def test_sends_nothing_in_a_second_drain(order: Order, warehouse: FarEnd) -> None:
    assert drain() == 1
    assert drain() == 0

    assert len(warehouse.received) == 1


def test_sends_the_events_of_one_order_in_their_order(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    hold_order(order.pk, actor=market.rep, reason="Credit check")
    release_order(order.pk, actor=market.rep)
    cancel_order(order.pk, actor=market.rep, reason="Changed plans")

    drain()

    assert [event["type"].rpartition(".")[2] for event in warehouse.events] == [
        "submitted",
        "held",
        "released",
        "cancelled",
    ]
    assert warehouse.events[1]["data"]["reason"] == "Credit check"
    versions = [int(event["sequence"]) for event in warehouse.events]
    assert versions == sorted(versions)


def test_delivers_other_lanes_past_a_refused_one(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    warehouse.will_answer(409)
    drain()
    other = submitted_order(market)
    drain()

    states = dict(Handoff.objects.values_list("event__subject_number", "state"))
    assert states == {order.number: State.RETRYING, other.number: State.ACCEPTED}
