"""Health of connections: what pauses sending, for how long, and what ends it."""

from __future__ import annotations

from django.utils import timezone

from fulfilment.models import Connection, Handoff, Lane, Secret
from fulfilment.outbound.drain import drain
from fulfilment.outbound.leases import claim
from fulfilment.services.connections import add_secret, retry_after_repair
from sales.models import Order
from tests.factories import Market
from tests.fulfilment.conftest import SECRET_OUT, FarEnd, make_due, submitted_order

State = Handoff.State


def test_stops_after_a_refused_signature_until_the_secret_changes(
    order: Order, warehouse: FarEnd
) -> None:
    warehouse.will_answer(401)
    drain()
    warehouse.connection.refresh_from_db()
    assert warehouse.connection.status == Connection.Status.AUTH_FAILED
    assert drain() == 0
    assert len(warehouse.received) == 1

    add_secret(warehouse.connection, Secret.Purpose.OUTBOUND, SECRET_OUT)
    retry_after_repair(warehouse.connection)
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
    Lane.objects.update(due_at=timezone.now())
    assert drain() == 0
    assert len(warehouse.received) == 1


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


def test_counts_a_refused_message_as_an_answer_of_a_working_connection(
    order: Order, warehouse: FarEnd
) -> None:
    warehouse.will_answer(503)
    warehouse.will_answer(422)

    drain()
    make_due()
    drain()

    health = warehouse.connection.health
    health.refresh_from_db()
    assert (health.breaker, health.failures_in_row) == ("closed", 0)
    assert [[good, bad] for _, good, bad in health.window] in ([[1, 1]], [[0, 1], [1, 0]])
    assert health.display_last_failure == "Warehouse is not available (503)."
    assert health.last_failure_at is not None
    assert health.last_success_at is not None
    assert health.last_failure_at < health.last_success_at


def test_is_active_again_when_a_later_message_is_signed_well(
    order: Order, warehouse: FarEnd
) -> None:
    warehouse.will_answer(403)
    drain()
    warehouse.connection.refresh_from_db()
    assert warehouse.connection.status == Connection.Status.AUTH_FAILED
    health = warehouse.connection.health
    assert health.not_before is not None
    assert 898 <= (health.not_before - timezone.now()).total_seconds() <= 900
    health.not_before = timezone.now()
    health.save()
    Lane.objects.update(due_at=timezone.now())

    drain()

    warehouse.connection.refresh_from_db()
    assert warehouse.connection.status == Connection.Status.ACTIVE
    assert Handoff.objects.get().state == Handoff.State.ACCEPTED
