"""Leases: workers that died, were slow, or lost their lease."""

from __future__ import annotations

import datetime as dt
import time
import uuid

import pytest
from django.db import connection as database
from django.utils import timezone
from werkzeug import Response

from fulfilment import signing
from fulfilment.connectors.engine import Engine
from fulfilment.models import Connection, Handoff, Health, Lane, Secret
from fulfilment.outbound.completion import complete
from fulfilment.outbound.drain import drain
from fulfilment.outbound.handoff_actions import replay_handoff
from fulfilment.outbound.leases import claim, lease_seconds, sending_window
from fulfilment.services.connections import rotate_secret
from sales.models import Order
from sales.services.orders import hold_order, release_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, last_step, make_due, outcomes, refuse, submitted_order

State = Handoff.State


def test_looks_up_first_after_a_worker_died_while_sending(order: Order, warehouse: FarEnd) -> None:
    [batch] = claim(64)
    warehouse.take(batch.handoffs[0].message.id)
    make_due()

    drain()

    assert warehouse.received == []
    assert Handoff.objects.get().state == State.ACCEPTED
    assert outcomes() == [("push", "unknown"), ("find", "found")]


def test_sends_after_a_look_up_when_a_worker_died_before_sending(
    order: Order, warehouse: FarEnd
) -> None:
    claim(64)
    make_due()

    drain()

    assert (len(warehouse.looked_up), len(warehouse.received)) == (1, 1)
    assert outcomes() == [("push", "unknown"), ("find", "not_found"), ("push", "done")]


def test_looks_up_before_every_attempt_while_a_copy_may_be_on_its_way(
    order: Order, warehouse: FarEnd
) -> None:
    """The first copy arrives after the second was refused; a third would be one too many."""
    [batch] = claim(64)
    make_due()
    warehouse.will_answer(422)
    drain()
    warehouse.take(batch.handoffs[0].message.id)
    make_due()

    drain()

    assert len(warehouse.received) == 1
    assert Handoff.objects.get().state == State.ACCEPTED
    assert outcomes()[1:] == [("find", "not_found"), ("push", "refused"), ("find", "found")]


def test_resends_on_replay_what_was_delivered_after_a_crash(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    claim(64)
    make_due()
    drain()

    replay_handoff(Handoff.objects.get().pk, actor=market.rep)
    drain()

    assert len(warehouse.received) == 2


def test_sets_the_lease_by_the_clock_of_the_database(order: Order, warehouse: FarEnd) -> None:
    claim(64)

    lane = Lane.objects.get()
    assert 59 <= (lane.due_at - timezone.now()).total_seconds() <= 61
    assert claim(64) == []


def test_sends_after_the_lease_what_was_queued_during_it(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    [batch] = claim(64)
    hold_order(order.pk, actor=market.rep, reason="Credit check")
    assert claim(64) == []
    complete([last_step(batch)])

    drain()

    assert [event["type"].rpartition(".")[2] for event in warehouse.events] == ["submitted", "held"]


def test_claims_no_more_lanes_than_a_connection_allows(market: Market, warehouse: FarEnd) -> None:
    Connection.objects.update(max_in_flight=3)
    for _ in range(5):
        submitted_order(market)

    assert len(claim(64)) == 3
    assert claim(64) == []


def test_stops_a_batch_that_lost_its_lease(order: Order, market: Market, warehouse: FarEnd) -> None:
    for _ in range(3):
        hold_order(order.pk, actor=market.rep, reason="Credit check")
        release_order(order.pk, actor=market.rep)

    def slowly(message_id: str) -> Response:
        time.sleep(0.3)
        return warehouse.take(message_id)

    warehouse.answers = [warehouse.take, slowly]
    with Engine() as engine:
        [batch] = claim(64)
        engine.submit(batch)
        step = engine.collect(5)
        Lane.objects.update(lease_token=uuid.uuid4())
        complete(step)
        while engine.in_flight:
            complete(engine.collect(5))

    assert len(warehouse.received) == 2
    assert Lane.objects.get().pending == 7


def test_signs_with_live_secrets_only(order: Order, warehouse: FarEnd) -> None:
    """One has expired, and one is not active yet."""
    now = timezone.now()
    old = warehouse.connection.secrets.get(purpose="outbound")
    live = rotate_secret(warehouse.connection, Secret.Purpose.OUTBOUND)
    Secret.objects.filter(pk=old.pk).update(expires_at=now - dt.timedelta(seconds=1))
    Secret.objects.create(
        connection=warehouse.connection,
        purpose=Secret.Purpose.OUTBOUND,
        ciphertext=signing.encrypt(signing.make_secret()),
        active_from=now + dt.timedelta(hours=1),
    )

    drain()

    headers = dict(warehouse.received[0].headers)
    assert len(headers["Webhook-Signature"].split()) == 1
    signing.verify(headers, warehouse.received[0].get_data(), [live])


def test_lets_the_database_keep_the_plans_of_a_claim(order: Order, warehouse: FarEnd) -> None:
    claim(64)

    with database.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        kept = " ".join(statement for (statement,) in cursor.fetchall())
    for beginning in ("SELECT connection.id", "WITH eligible AS", "WITH next AS"):
        assert beginning in kept


def test_claims_nothing_of_a_connection_during_a_pause(order: Order, warehouse: FarEnd) -> None:
    Health.objects.update(not_before=timezone.now() + dt.timedelta(seconds=30))
    assert claim(64) == []

    Health.objects.update(not_before=timezone.now() - dt.timedelta(seconds=1))
    assert len(claim(64)) == 1


def test_counts_no_expired_lease_against_the_limit(order: Order, warehouse: FarEnd) -> None:
    Connection.objects.update(max_in_flight=1)
    assert len(claim(64)) == 1
    make_due()

    assert len(claim(64)) == 1


def test_claims_no_blocked_lane_beside_one_that_is_due(market: Market, warehouse: FarEnd) -> None:
    submitted_order(market)
    refuse(warehouse)
    other = submitted_order(market)
    make_due()

    [batch] = claim(64)

    assert batch.lane_id == Lane.objects.get(root_id=other.pk).pk


@pytest.mark.parametrize(
    ("deadline", "lease", "window"), [(1, 60, 43), (15, 60, 15), (16, 63, 16), (60, 195, 60)]
)
def test_leaves_time_for_a_slow_answer_and_a_look_up_in_every_lease(
    deadline: int, lease: int, window: int
) -> None:
    assert (lease_seconds(deadline), sending_window(deadline)) == (lease, window)
