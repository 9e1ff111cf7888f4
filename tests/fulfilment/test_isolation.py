"""Isolation: a connection that is slow, dead or broken delays no other one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import pytest
from django.db import connection as database
from django.db import connections, transaction
from pytest_httpserver import HTTPServer
from werkzeug import Response

from crm.models import User
from fulfilment import tasks
from fulfilment.connectors.engine import Engine, LaneBatch, Step
from fulfilment.models import Attempt, Connection, Handoff, Lane
from fulfilment.monitoring.alerts import alerts_for
from fulfilment.monitoring.metrics import collect_metrics
from fulfilment.outbound import delivery_thread
from fulfilment.outbound.completion import complete
from fulfilment.outbound.drain import drain
from fulfilment.outbound.handoff_actions import replay_handoff
from fulfilment.outbound.leases import claim
from sales.services.orders import hold_order
from tests.factories import Market
from tests.fulfilment.conftest import (
    ORDER_EVENTS,
    FarEnd,
    connect,
    make_due,
    outcomes,
    submitted_order,
)
from tests.fulfilment.processes import eventually

State = Handoff.State

NO_ROOM = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.url LIKE '%%/broken/%%' AND NEW.status_code = 200 THEN
        RAISE EXCEPTION 'no room for this attempt';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER no_room BEFORE INSERT ON fulfilment_attempt
FOR EACH ROW EXECUTE FUNCTION no_room();
"""


class SlowAnswer:
    """An answer that is given once it is released."""

    def __init__(self, far_end: FarEnd) -> None:
        self._far_end = far_end
        self._released = threading.Event()
        far_end.answers.append(self)

    def __call__(self, message_id: str) -> Response:
        self._released.wait(20)
        return self._far_end.take(message_id)

    def release(self) -> None:
        self._released.set()


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    """A server that answers several requests at the same time."""
    with HTTPServer(port=0, threaded=True) as running:
        yield running


@pytest.fixture
def _background(transactional_db: None) -> Iterator[None]:
    """Deliveries in the background, which end with the test."""
    yield
    delivery_thread.stop()


@pytest.fixture
def slow(server: HTTPServer, transactional_db: None) -> FarEnd:
    return connect(server, "slow", ORDER_EVENTS)


def has_received(far_end: FarEnd, number: int) -> bool:
    """Whether a far end has received so many messages."""
    return len(far_end.received) == number


def accepted(code: str) -> bool:
    """Whether a connection has accepted all its handoffs."""
    states = Handoff.objects.filter(lane__connection__code=code).values_list("state", flat=True)
    return set(states) == {State.ACCEPTED}


@pytest.mark.usefixtures("_background")
def test_a_task_ends_before_a_slow_answer(slow: FarEnd) -> None:
    answer = SlowAnswer(slow)
    submitted_order(Market())

    started = time.monotonic()
    tasks.drain()
    tasks.sweep()

    assert time.monotonic() - started < 1
    eventually(lambda: slow.received, "a request under way", 5)
    answer.release()
    eventually(lambda: accepted("slow"), "a stored answer", 5)


@pytest.mark.usefixtures("_background")
def test_delivers_to_others_beside_a_slow_answer(slow: FarEnd, server: HTTPServer) -> None:
    market, answer = Market(), SlowAnswer(slow)
    submitted_order(market)
    tasks.drain()
    eventually(lambda: slow.received, "a request under way", 5)
    healthy = connect(server, "healthy", ORDER_EVENTS)

    for number in range(1, 4):
        submitted_order(market)
        tasks.drain()
        eventually(partial(has_received, healthy, number), "a delivery", 2)

    assert not accepted("slow")
    answer.release()
    eventually(lambda: accepted("slow") and accepted("healthy"), "stored answers", 5)


@pytest.mark.usefixtures("_background")
def test_stopping_finishes_what_is_under_way_and_starts_nothing_more(slow: FarEnd) -> None:
    market, answer = Market(), SlowAnswer(slow)
    order = submitted_order(market)
    hold_order(order.pk, actor=market.rep, reason="Credit check")
    tasks.drain()
    eventually(lambda: slow.received, "a request under way", 5)

    stopping = threading.Thread(target=delivery_thread.stop)
    stopping.start()
    answer.release()
    stopping.join(5)

    states = Handoff.objects.order_by("position").values_list("state", flat=True)
    assert list(states) == [State.ACCEPTED, State.QUEUED]
    assert outcomes() == [("push", "done")]
    assert (Lane.objects.get().pending, Lane.objects.get().lease_token) == (1, None)


def test_claims_for_a_connection_although_others_use_all_slots(
    market: Market, server: HTTPServer
) -> None:
    connect(server, "slow", ORDER_EVENTS)
    for _ in range(4):
        submitted_order(market)
    assert len(claim(4)) == 4
    connect(server, "healthy", ORDER_EVENTS)
    for _ in range(2):
        submitted_order(market)

    [batch] = claim(0)

    assert batch.target.name == "Healthy"
    assert claim(0) == []


def delivered(batches: Sequence[LaneBatch]) -> list[Step]:
    """The steps of batches that have been sent."""
    steps: list[Step] = []
    with Engine() as engine:
        for batch in batches:
            engine.submit(batch)
        while engine.in_flight:
            steps += engine.collect(5)
    return steps


def test_an_unexpected_error_of_one_connection_stops_no_other(
    market: Market, server: HTTPServer
) -> None:
    broken, healthy = (connect(server, code, ORDER_EVENTS) for code in ("broken", "healthy"))
    Connection.objects.filter(pk=broken.connection.pk).update(kind="pigeon")
    for _ in range(5):
        submitted_order(market)

    drain()

    assert (len(broken.received), len(healthy.received)) == (0, 5)
    of_broken = Handoff.objects.filter(lane__connection=broken.connection)
    assert {handoff.state for handoff in of_broken} == {State.RETRYING}
    cause = of_broken[0].display_cause
    assert cause == (
        "Nothing was sent to Broken, because of an unexpected error (KeyError); "
        "the log has the details."
    )
    assert Attempt.objects.filter(outcome="unreachable").count() == 5
    stopped, wrong = alerts_for(collect_metrics())
    assert (stopped.severity, stopped.code, stopped.connection) == (
        "critical",
        "not_answering",
        "broken",
    )
    assert stopped.text.endswith(cause)
    assert (wrong.code, wrong.connection) == ("misconfigured", "broken")


def test_an_answer_that_cannot_be_stored_stops_no_other(
    market: Market, server: HTTPServer, clerk: User
) -> None:
    broken, healthy = (connect(server, code, ORDER_EVENTS) for code in ("broken", "healthy"))
    submitted_order(market)
    with database.cursor() as cursor:
        cursor.execute(NO_ROOM)

    drain()

    assert (len(broken.received), len(healthy.received)) == (1, 1)
    assert accepted("healthy")
    handoff = Handoff.objects.get(lane__connection=broken.connection)
    assert handoff.state == State.NEEDS_ATTENTION
    assert handoff.display_cause.startswith("Its answer could not be stored (ProgrammingError); ")
    assert (handoff.lane.is_blocked, handoff.lane.pending, handoff.lane.lease_token) == (
        True,
        1,
        None,
    )
    assert [alert.code for alert in alerts_for(collect_metrics())] == ["needs_attention"]
    make_due()
    assert drain() == 0

    with database.cursor() as cursor:
        cursor.execute("DROP FUNCTION no_room CASCADE")
    replay_handoff(handoff.pk, actor=clerk)
    drain()

    assert (len(broken.received), broken.looked_up) == (1, [handoff.message_id])
    assert accepted("broken")


@contextmanager
def locked(query: str) -> Iterator[None]:
    """Rows that another transaction holds meanwhile; whoever waits for them fails."""
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(f"{query} FOR UPDATE")
        with transaction.atomic(), database.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '1s'")
            yield
    finally:
        other.close()


LOCKED_HEALTH = """
SELECT FROM fulfilment_health
WHERE connection_id = (SELECT id FROM fulfilment_connection WHERE code = 'locked')
"""
LOCKED_LANE = """
SELECT FROM fulfilment_lane
WHERE connection_id = (SELECT id FROM fulfilment_connection WHERE code = 'locked')
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("query", [LOCKED_HEALTH, LOCKED_LANE], ids=["by a worker", "by a save"])
def test_what_another_transaction_holds_waits_alone(server: HTTPServer, query: str) -> None:
    market = Market()
    for code in ("locked", "healthy"):
        connect(server, code, ORDER_EVENTS)
    submitted_order(market)
    steps = delivered(claim(64))
    with locked(query):
        waiting = complete(steps)
    assert [step.batch.target.name for step in waiting] == ["Locked"]
    assert (accepted("locked"), accepted("healthy")) == (False, True)

    assert complete(waiting) == []

    assert accepted("locked")


@pytest.mark.django_db(transaction=True)
def test_claims_for_others_while_a_worker_holds_a_connection(server: HTTPServer) -> None:
    for code in ("locked", "healthy"):
        connect(server, code, ORDER_EVENTS)
    submitted_order(Market())

    with locked(LOCKED_HEALTH):
        claimed = claim(64)

    assert [batch.target.name for batch in claimed] == ["Healthy"]
