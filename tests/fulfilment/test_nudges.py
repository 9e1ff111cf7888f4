"""The bell that wakes the workers, and all the ways it may be broken."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from celery import Celery, current_app
from django.conf import settings
from django.db import transaction

from fulfilment import tasks
from fulfilment.services import wakeups
from fulfilment.services.wakeups import Nudger
from sales.services.orders import hold_order, release_order
from tests.factories import Market
from tests.fulfilment.conftest import ORDER_EVENTS, FarEnd, connect, submitted_order


def until(condition: object, seconds: float = 5) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if callable(condition) and condition():
            return True
        time.sleep(0.01)
    return False


def test_rings_and_makes_one_ring_of_those_that_pile_up() -> None:
    nudger, rings, free = Nudger(), [], threading.Event()

    def bell() -> None:
        rings.append(1)
        free.wait(5)

    nudger.connect(bell)
    nudger.nudge()
    assert until(lambda: len(rings) == 1)
    for _ in range(50):
        nudger.nudge()
    free.set()

    assert until(lambda: len(rings) == 2)
    time.sleep(0.1)
    assert len(rings) == 2


def test_survives_a_bell_that_breaks() -> None:
    nudger, rings = Nudger(), []

    def bell() -> None:
        rings.append(1)
        raise ConnectionError("the broker is gone")

    nudger.connect(bell)
    nudger.nudge()
    assert until(lambda: len(rings) == 1)
    nudger.nudge()
    assert until(lambda: len(rings) == 2)


def test_is_silent_without_a_bell() -> None:
    Nudger().nudge()


@pytest.mark.django_db(transaction=True)
def test_rings_after_the_commit_and_never_after_a_rollback(
    httpserver: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    market = Market()
    order = submitted_order(market)
    connect(httpserver, "warehouse", ORDER_EVENTS)  # type: ignore[arg-type]
    rings: list[bool] = []
    nudger = Nudger()
    nudger.connect(lambda: rings.append(transaction.get_connection().in_atomic_block))
    monkeypatch.setattr(wakeups, "_nudger", nudger)

    with transaction.atomic():
        hold_order(order.pk, actor=market.rep, reason="Credit check")
        transaction.set_rollback(True)
    time.sleep(0.1)
    assert rings == []

    hold_order(order.pk, actor=market.rep, reason="Credit check")
    assert until(lambda: rings == [False])


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_accepts_and_never_answers_slows_no_save(
    httpserver: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    market = Market()
    order = submitted_order(market)
    connect(httpserver, "warehouse", ORDER_EVENTS)  # type: ignore[arg-type]

    def best_of_three() -> float:
        times = []
        for _ in range(3):
            started = time.monotonic()
            hold_order(order.pk, actor=market.rep, reason="Credit check")
            release_order(order.pk, actor=market.rep)
            times.append(time.monotonic() - started)
        return min(times)

    monkeypatch.setattr(wakeups, "_nudger", Nudger())
    silent = best_of_three()
    with socket.create_server(("127.0.0.1", 0)) as broker:
        app = Celery("deaf", set_as_current=False)
        app.config_from_object(settings, namespace="CELERY")
        app.conf.update(broker_url=f"redis://127.0.0.1:{broker.getsockname()[1]}/0")
        deaf, called = Nudger(), threading.Event()

        def bell() -> None:
            called.set()
            app.send_task("fulfilment.drain")

        deaf.connect(bell)
        monkeypatch.setattr(wakeups, "_nudger", deaf)
        with_deaf_broker = best_of_three()

    assert called.wait(5)
    assert with_deaf_broker < silent + 0.1


def test_hints_do_not_pile_up_while_there_is_no_worker() -> None:
    current_app.control.purge()
    try:
        for _ in range(tasks.ENOUGH + 5):
            tasks.wake_workers()
        with current_app.connection_or_acquire() as broker:
            assert broker.default_channel.client.llen("celery") == tasks.ENOUGH
    finally:
        current_app.control.purge()


def test_the_tasks_have_the_names_that_beat_and_nudges_use() -> None:
    assert tasks.drain.name == "fulfilment.drain"
    assert tasks.sweep.name == "fulfilment.sweep"
    assert settings.CELERY_BEAT_SCHEDULE["sweep"]["task"] == tasks.sweep.name


def test_the_tasks_carry_what_is_due(market: Market, warehouse: FarEnd) -> None:
    submitted_order(market)

    tasks.sweep()

    assert len(warehouse.received) == 1
