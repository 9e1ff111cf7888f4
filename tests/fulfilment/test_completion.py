"""Completion: results are stored as they come, by who holds the lease."""

from __future__ import annotations

import time
from functools import partial

from werkzeug import Response

from fulfilment.connectors.engine import Engine
from fulfilment.models import Attempt, Connection, Handoff, Lane
from fulfilment.outbound.completion import complete
from fulfilment.outbound.drain import drain
from fulfilment.outbound.handoff_actions import replay_handoff
from fulfilment.outbound.leases import claim
from sales.models import Order
from sales.services.orders import hold_order
from tests.database_assertions import statements_of
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, last_step, make_due, submitted_order

State = Handoff.State


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


def test_stores_answers_with_characters_the_database_cannot_store(
    order: Order, warehouse: FarEnd
) -> None:
    warehouse.will_answer(422, '{"detail": "a\\u0000b\\ud800"}')
    drain()
    make_due()
    warehouse.answers.append(lambda _: Response(b"\x00\xff" * 10, 422))

    drain()

    causes = [attempt.display_detail for attempt in Attempt.objects.order_by("id")]
    assert causes[0].startswith("Warehouse refused: ")
    assert causes[1] == f"Warehouse refused: {chr(0xFFFD) * 20}"


def test_completes_many_with_as_many_statements_as_one(market: Market, warehouse: FarEnd) -> None:
    counts = []
    for number in (1, 12):
        for _ in range(number):
            submitted_order(market)
        batches = claim(64)
        assert len(batches) == number
        counts.append(statements_of(partial(complete, list(map(last_step, batches)))))
        make_due()
        drain()

    assert counts[0] == counts[1]


def test_stores_only_attempts_for_an_expired_lease(order: Order, warehouse: FarEnd) -> None:
    [stale] = claim(64)
    make_due()
    [current] = claim(64)
    assert stale.lease_token != current.lease_token

    assert complete([last_step(stale)]) == []

    lane = Lane.objects.get()
    assert (lane.lease_token, lane.pending) == (current.lease_token, 1)
    assert Handoff.objects.get().state == State.SENDING


def test_stores_each_result_before_the_rest_of_the_lane(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    hold_order(order.pk, actor=market.rep, reason="Credit check")

    def slowly(message_id: str) -> Response:
        time.sleep(0.5)
        return warehouse.take(message_id)

    warehouse.answers = [warehouse.take, slowly]
    with Engine() as engine:
        [batch] = claim(64)
        engine.submit(batch)
        first = engine.collect(5)
        complete(first)
        seen = list(Handoff.objects.order_by("position").values_list("state", flat=True))
        lane = Lane.objects.get()
        complete(engine.collect(5))

    assert seen == [State.ACCEPTED, State.SENDING]
    assert (lane.pending, lane.lease_token) == (1, batch.lease_token)
    assert not Handoff.objects.exclude(state=State.ACCEPTED).exists()
    assert Lane.objects.get().lease_token is None


def test_keeps_the_reference_when_a_replay_is_not_answered(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    drain()
    replay_handoff(Handoff.objects.get().pk, actor=market.rep)
    warehouse.will_answer(500)

    drain()

    handoff = Handoff.objects.get()
    assert (handoff.state, handoff.reference) == (State.RETRYING, "REF-000001")


def test_acknowledges_no_older_version_after_a_newer_one(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    held = hold_order(order.pk, actor=market.rep, reason="Credit check")
    drain()
    assert Lane.objects.get().acked_version == held.version

    replay_handoff(Handoff.objects.get(position=1).pk, actor=market.rep)
    drain()

    assert len(warehouse.received) == 3
    assert Lane.objects.get().acked_version == held.version


def test_does_not_count_what_the_connection_passes_over(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    Connection.objects.update(skips_refused=True)
    Handoff.objects.update(refusal_count=5)
    hold_order(order.pk, actor=market.rep, reason="Credit check")
    warehouse.will_answer(400)
    steps = []
    with Engine() as engine:
        for batch in claim(64):
            engine.submit(batch)
        while engine.in_flight:
            steps += engine.collect(5)

    complete(steps)

    assert Handoff.objects.get(position=1).state == State.NEEDS_ATTENTION
    assert (Lane.objects.get().pending, Lane.objects.get().is_blocked) == (1, False)
