"""Several workers at once: nothing is sent twice or lost, and no save waits for the network."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import transaction
from pytest_httpserver import HTTPServer

from fulfilment.connectors.engine import Step
from fulfilment.models import Attempt, Handoff, Lane
from fulfilment.outbound.completion import complete
from fulfilment.outbound.drain import drain
from fulfilment.outbound.leases import claim
from sales.models import Order, SalesEvent
from sales.services.orders import hold_order, release_order
from tests.concurrency import run_concurrently
from tests.factories import Market
from tests.fulfilment.conftest import ORDER_EVENTS, FarEnd, connect, last_step, submitted_order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def far_end(httpserver: HTTPServer, transactional_db: None) -> FarEnd:
    return connect(httpserver, "warehouse", ORDER_EVENTS)


@pytest.fixture
def seller(transactional_db: None) -> Market:
    return Market()


def test_sends_each_event_once_with_several_drains_at_once(seller: Market, far_end: FarEnd) -> None:
    orders = [submitted_order(seller) for _ in range(12)]
    for order in orders:
        hold_order(order.pk, actor=seller.rep, reason="Credit check")
        release_order(order.pk, actor=seller.rep)

    run_concurrently(drain, drain, drain)
    drain()

    ids = [request.headers["webhook-id"] for request in far_end.received]
    assert len(ids) == len(set(ids)) == 36
    assert not Handoff.objects.exclude(state=Handoff.State.ACCEPTED).exists()
    assert Attempt.objects.count() == 36
    for order in orders:
        mine = [e for e in far_end.events if e["subject"] == order.number]
        assert [e["type"].rpartition(".")[2] for e in mine] == ["submitted", "held", "released"]


def test_numbers_positions_in_the_order_of_the_commits(seller: Market, far_end: FarEnd) -> None:
    order = submitted_order(seller)

    def toggle() -> None:
        for _ in range(4):
            with transaction.atomic():
                locked = Order.objects.select_for_update().get(pk=order.pk)
                action = release_order if locked.is_on_hold else hold_order
                reason = {} if locked.is_on_hold else {"reason": "Credit check"}
                action(order.pk, actor=seller.rep, **reason)

    run_concurrently(toggle, toggle, toggle)

    versions = list(
        Handoff.objects.order_by("position").values_list("event__subject_version", flat=True)
    )
    assert len(versions) == 13
    assert versions == sorted(versions)
    lane = Lane.objects.get()
    assert (lane.pending, lane.last_position) == (13, 13)


def test_completes_other_lanes_while_one_is_locked_by_a_save(
    seller: Market, far_end: FarEnd
) -> None:
    locked, free = submitted_order(seller), submitted_order(seller)
    batches = {record.number: batch for batch in claim(64) if (record := batch.handoffs[0].record)}
    waiting: list[Step] = []

    with transaction.atomic():
        hold_order(locked.pk, actor=seller.rep, reason="Credit check")
        run_concurrently(lambda: waiting.extend(complete(list(map(last_step, batches.values())))))

    assert [step.batch.lane_id for step in waiting] == [batches[str(locked)].lane_id]
    lanes = dict(Lane.objects.values_list("root_id", "lease_token"))
    assert lanes[free.pk] is None
    assert complete(waiting) == []
    assert Lane.objects.get(root_id=locked.pk).pending == 2


def test_saves_at_once_while_a_far_end_hangs(seller: Market, far_end: FarEnd) -> None:
    order = submitted_order(seller)
    hanging = threading.Event()

    def hang(message_id: str) -> Any:
        hanging.set()
        time.sleep(1.5)
        return far_end.take(message_id)

    far_end.answers.append(hang)
    took: list[float] = []

    def save() -> None:
        hanging.wait(5)
        started = time.monotonic()
        hold_order(order.pk, actor=seller.rep, reason="Credit check")
        took.append(time.monotonic() - started)

    run_concurrently(drain, save)

    assert took[0] < 0.5
    drain()
    assert [e["type"].rpartition(".")[2] for e in far_end.events] == ["submitted", "held"]


def test_rolls_back_an_event_with_its_handoff(seller: Market, far_end: FarEnd) -> None:
    order = submitted_order(seller)

    with transaction.atomic():
        hold_order(order.pk, actor=seller.rep, reason="Credit check")
        transaction.set_rollback(True)

    assert SalesEvent.objects.filter(type="order.held").count() == 0
    assert Lane.objects.get().pending == 1
    drain()
    assert len(far_end.received) == 1
