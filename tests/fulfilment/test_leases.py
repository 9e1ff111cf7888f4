"""Leases: workers that died, were slow, or lost their lease."""

from __future__ import annotations

import time
import uuid

from django.utils import timezone
from werkzeug import Response

from fulfilment.connectors.engine import Engine
from fulfilment.models import Connection, Handoff, Lane
from fulfilment.outbound.completion import complete
from fulfilment.outbound.drain import drain
from fulfilment.outbound.handoff_actions import replay_handoff
from fulfilment.outbound.leases import claim
from sales.models import Order
from sales.services.orders import hold_order, release_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, last_step, make_due, outcomes, submitted_order

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
