"""Delivery of handoffs: order, retries, refusals, and look-ups instead of second sends."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from werkzeug import Response

from crm.actors import System
from fulfilment.models import Attempt, Connection, Discrepancy, ExternalRef, Handoff, Lane, Secret
from fulfilment.outbound.completion import complete
from fulfilment.outbound.drain import drain
from fulfilment.outbound.leases import claim
from fulfilment.services.connections import (
    pause_connection,
    register_connection,
    resume_connection,
    rotate_secret,
)
from sales.models import Order, SalesEvent
from sales.services.change_orders import Changes, change_order
from sales.services.orders import cancel_order, hold_order, release_order
from tests.factories import Market
from tests.fulfilment.conftest import (
    LOOPBACK,
    ORDER_EVENTS,
    SECRET_IN,
    SECRET_OUT,
    FarEnd,
    last_step,
    make_due,
    outcomes,
    submitted_order,
)

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


def test_sends_a_cloudevent_with_the_whole_order(order: Order, warehouse: FarEnd) -> None:
    drain()

    [event] = warehouse.events
    data: dict[str, Any] = event.pop("data")
    assert event["source"] == f"/orders/{order.pk}"
    assert event["type"] == "throughline.order.submitted"
    assert event["subject"] == order.number
    assert event["sequence"] == f"{order.version:020d}"
    assert event["time"] == event["timestamp"]
    line = order.lines.get()
    assert data["order"]["account"] == {"id": str(order.account_id), "name": order.account.name}
    assert data["order"]["ship_to"] == order.shipping_address
    assert data["order"]["lines"] == [
        {
            "id": str(line.pk),
            "position": line.position,
            "kind": "product",
            "sku": line.sku,
            "description": line.description,
            "quantity": "10",
            "cancelled": "0",
            "unit": "pc",
            "unit_price": {"amount": "100.00", "currency": "EUR"},
            "discount": {"amount": "0.00", "currency": "EUR"},
            "net": {"amount": "1000.00", "currency": "EUR"},
            "tax": {"amount": "200.00", "currency": "EUR"},
            "gross": {"amount": "1200.00", "currency": "EUR"},
            "requested_on": None,
        }
    ]
    assert data["order"]["totals"]["total"] == {"amount": "1200.00", "currency": "EUR"}


def test_sends_nothing_in_a_second_drain(order: Order, warehouse: FarEnd) -> None:
    drain()

    assert drain() == 0
    assert len(warehouse.received) == 1


def test_sends_nothing_after_a_rollback(market: Market, warehouse: FarEnd) -> None:
    with transaction.atomic():
        submitted_order(market)
        transaction.set_rollback(True)

    assert drain() == 0
    assert warehouse.received == []
    assert not Handoff.objects.exists()


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


def test_sends_the_body_as_it_was_committed(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    change_order(order.pk, Changes(head={"name": "Terrace refit"}), actor=market.rep)

    drain()

    names = [event["data"]["order"]["name"] for event in warehouse.events]
    assert names == ["Bar refit", "Terrace refit"]


def test_retries_a_server_error_with_the_same_body_and_id(order: Order, warehouse: FarEnd) -> None:
    warehouse.will_answer(503)

    drain()
    handoff = Handoff.objects.get()
    assert (handoff.state, handoff.refusal_count) == (State.RETRYING, 0)
    assert handoff.cause == "Warehouse is not available (503)."
    make_due()
    drain()

    first, second = warehouse.received
    assert first.get_data() == second.get_data()
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert Handoff.objects.get().state == State.ACCEPTED
    assert outcomes() == [("push", "unreachable"), ("push", "done")]


def test_needs_attention_after_six_refusals(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    hold_order(order.pk, actor=market.rep, reason="Credit check")
    for _ in range(7):
        warehouse.will_answer(422, '{"detail": "Unknown SKU AX-9"}')
        drain()
        make_due()

    assert len(warehouse.received) == 6
    refused, held = Handoff.objects.order_by("position")
    assert (refused.state, refused.refusal_count) == (State.NEEDS_ATTENTION, 6)
    assert refused.cause == "Warehouse refused: Unknown SKU AX-9"
    assert held.state == State.QUEUED
    assert Lane.objects.get().is_blocked


def test_stores_answers_with_characters_the_database_cannot_store(
    order: Order, warehouse: FarEnd
) -> None:
    warehouse.will_answer(422, '{"detail": "a\\u0000b\\ud800"}')
    drain()
    make_due()
    warehouse.answers.append(lambda _: Response(b"\x00\xff" * 10, 422))

    drain()

    causes = list(Attempt.objects.order_by("id").values_list("detail", flat=True))
    assert causes[0].startswith("Warehouse refused: ")
    assert causes[1] == f"Warehouse refused: {chr(0xFFFD) * 20}"


def test_continues_after_a_refusal_if_the_connection_allows(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    Connection.objects.update(skips_refused=True)
    hold_order(order.pk, actor=market.rep, reason="Credit check")
    for _ in range(6):
        warehouse.will_answer(400)
        drain()
        make_due()
    drain()

    refused, held = Handoff.objects.order_by("position")
    assert (refused.state, held.state) == (State.NEEDS_ATTENTION, State.ACCEPTED)
    assert Lane.objects.get().pending == 0


def test_delivers_other_lanes_past_a_refused_one(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    warehouse.will_answer(409)
    drain()
    other = submitted_order(market)
    drain()

    states = dict(Handoff.objects.values_list("event__subject_number", "state"))
    assert states == {order.number: State.RETRYING, other.number: State.ACCEPTED}


def test_looks_up_a_success_without_reference_and_never_resends_it(
    order: Order, warehouse: FarEnd
) -> None:
    warehouse.answers.append(lambda message_id: (warehouse.take(message_id), _garbage())[1])

    drain()

    assert (len(warehouse.received), len(warehouse.looked_up)) == (1, 1)
    assert Handoff.objects.get().reference == "REF-000001"
    assert outcomes() == [("push", "no_reference"), ("find", "found")]


def test_never_resends_what_was_accepted_and_is_not_found(order: Order, warehouse: FarEnd) -> None:
    warehouse.answers.append(lambda _: _garbage())

    for _ in range(8):
        drain()
        make_due()

    assert len(warehouse.received) == 1
    handoff = Handoff.objects.get()
    assert (handoff.state, handoff.is_acknowledged) == (State.NEEDS_ATTENTION, True)


def _garbage() -> Response:
    return Response("<html>OK</html>", 200)


def test_queues_while_paused_and_delivers_when_resumed(market: Market, warehouse: FarEnd) -> None:
    pause_connection(warehouse.connection)
    submitted_order(market)
    assert drain() == 0
    assert Handoff.objects.get().state == State.QUEUED

    resume_connection(warehouse.connection)
    drain()

    assert Handoff.objects.get().state == State.ACCEPTED


def test_stops_after_a_refused_signature_until_the_secret_changes(
    order: Order, warehouse: FarEnd
) -> None:
    warehouse.will_answer(401)
    drain()
    warehouse.connection.refresh_from_db()
    assert warehouse.connection.status == Connection.Status.AUTH_FAILED
    assert drain() == 0
    assert len(warehouse.received) == 1

    rotate_secret(warehouse.connection, Secret.Purpose.OUTBOUND, SECRET_OUT)
    drain()

    warehouse.connection.refresh_from_db()
    assert warehouse.connection.status == Connection.Status.ACTIVE
    assert Handoff.objects.get().state == State.ACCEPTED


def test_sends_nothing_more_after_a_410(order: Order, warehouse: FarEnd) -> None:
    warehouse.will_answer(410)

    drain()
    make_due()
    drain()

    warehouse.connection.refresh_from_db()
    assert warehouse.connection.status == Connection.Status.GONE
    assert len(warehouse.received) == 1
    assert Handoff.objects.get().state == State.RETRYING


def test_waits_as_long_as_retry_after_asks(order: Order, warehouse: FarEnd) -> None:
    warehouse.will_answer(429, headers={"Retry-After": "120"})

    drain()

    health = warehouse.connection.health
    health.refresh_from_db()
    assert health.not_before is not None
    assert 118 <= (health.not_before - timezone.now()).total_seconds() <= 120
    assert health.in_flight_limit == 8
    assert drain() == 0


def test_opens_the_circuit_breaker_after_five_failures_without_counting_refusals(
    market: Market, warehouse: FarEnd
) -> None:
    for _ in range(8):
        submitted_order(market)
    for _ in range(8):
        warehouse.will_answer(500)

    drain()

    health = warehouse.connection.health
    health.refresh_from_db()
    assert health.breaker == "open"
    assert set(Handoff.objects.values_list("refusal_count", flat=True)) == {0}
    make_due()
    assert len(claim(64)) == 1


def test_opens_a_discrepancy_for_a_second_reference(order: Order, warehouse: FarEnd) -> None:
    ExternalRef.objects.create(
        connection=warehouse.connection,
        record_type="order",
        record_id=order.pk,
        external_id="REF-OLD",
    )

    drain()

    assert ExternalRef.objects.get().external_id == "REF-OLD"
    found = Discrepancy.objects.get()
    assert (found.kind, found.ours, found.theirs) == ("reference", "REF-OLD", "REF-000001")


def test_sends_no_event_back_to_its_origin(order: Order, warehouse: FarEnd) -> None:
    assert warehouse.connection.code == "warehouse"
    queued = Handoff.objects.count()

    hold_order(order.pk, actor=System("Warehouse", "warehouse"), reason="Stock take")

    assert Handoff.objects.count() == queued


@pytest.mark.parametrize("connections", [1, 8])
def test_queues_with_the_same_number_of_statements_for_any_number_of_connections(
    market: Market, connections: int
) -> None:
    order = submitted_order(market)
    bare = _statements(lambda: hold_order(order.pk, actor=market.rep, reason="Stock take"))
    for number in range(connections):
        register_connection(
            f"far-{number}",
            name=f"Far {number}",
            url="https://far.example/hooks",
            event_types=ORDER_EVENTS,
            secret_out=SECRET_OUT,
            secret_in=SECRET_IN,
            allowed_networks=LOOPBACK,
        )

    queued = _statements(lambda: release_order(order.pk, actor=market.rep))

    assert Handoff.objects.count() == connections
    assert queued - bare == 3  # the lines and the account of the snapshot, and one to queue it


def _statements(action: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        action()
    return len(captured)


def test_completes_many_with_as_many_statements_as_one(market: Market, warehouse: FarEnd) -> None:
    counts = []
    for number in (1, 12):
        for _ in range(number):
            submitted_order(market)
        batches = claim(64)
        assert len(batches) == number
        counts.append(_statements(partial(complete, list(map(last_step, batches)))))
        make_due()
        drain()

    assert counts[0] == counts[1]
