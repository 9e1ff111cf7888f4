"""Wake-ups of workers: after the commit, merged, and never blocking a save."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from celery import Celery
from django.conf import settings
from django.db import transaction
from pytest_httpserver import HTTPServer

from fulfilment.services import wakeups
from fulfilment.services.wakeups import WorkerNotifier
from sales.services.orders import hold_order, release_order
from tests.factories import Market
from tests.fulfilment.conftest import ORDER_EVENTS, connect, submitted_order


def until(condition: object, seconds: float = 5) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if callable(condition) and condition():
            return True
        time.sleep(0.01)
    return False


def test_makes_one_call_of_those_that_pile_up() -> None:
    notifier, calls, finish = WorkerNotifier(), [], threading.Event()

    def wake_workers() -> None:
        calls.append(1)
        finish.wait(5)

    notifier.connect(wake_workers)
    notifier.notify()
    assert until(lambda: len(calls) == 1)
    for _ in range(50):
        notifier.notify()
    finish.set()

    assert until(lambda: len(calls) == 2)
    time.sleep(0.1)
    assert len(calls) == 2


def test_goes_on_after_a_call_that_fails() -> None:
    notifier, calls = WorkerNotifier(), []

    def wake_workers() -> None:
        calls.append(1)
        raise ConnectionError("the broker is gone")

    notifier.connect(wake_workers)
    notifier.notify()
    assert until(lambda: len(calls) == 1)
    notifier.notify()
    assert until(lambda: len(calls) == 2)


def test_calls_nothing_before_it_is_connected() -> None:
    WorkerNotifier().notify()


@pytest.mark.django_db(transaction=True)
def test_wakes_the_workers_after_a_commit_and_not_after_a_rollback(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    market = Market()
    order = submitted_order(market)
    connect(httpserver, "warehouse", ORDER_EVENTS)
    calls: list[bool] = []
    notifier = WorkerNotifier()
    notifier.connect(lambda: calls.append(transaction.get_connection().in_atomic_block))
    monkeypatch.setattr(wakeups, "_notifier", notifier)

    with transaction.atomic():
        hold_order(order.pk, actor=market.rep, reason="Credit check")
        transaction.set_rollback(True)
    time.sleep(0.1)
    assert calls == []

    hold_order(order.pk, actor=market.rep, reason="Credit check")
    assert until(lambda: calls == [False])


@pytest.mark.django_db(transaction=True)
def test_slows_no_save_when_the_broker_accepts_and_never_answers(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    market = Market()
    order = submitted_order(market)
    connect(httpserver, "warehouse", ORDER_EVENTS)

    def best_of_three() -> float:
        times = []
        for _ in range(3):
            started = time.monotonic()
            hold_order(order.pk, actor=market.rep, reason="Credit check")
            release_order(order.pk, actor=market.rep)
            times.append(time.monotonic() - started)
        return min(times)

    monkeypatch.setattr(wakeups, "_notifier", WorkerNotifier())
    unconnected = best_of_three()
    with socket.create_server(("127.0.0.1", 0)) as broker:
        app = Celery("unanswered", set_as_current=False)
        app.config_from_object(settings, namespace="CELERY")
        app.conf.update(broker_url=f"redis://127.0.0.1:{broker.getsockname()[1]}/0")
        unanswered, called = WorkerNotifier(), threading.Event()

        def wake_workers() -> None:
            called.set()
            app.send_task("fulfilment.drain")

        unanswered.connect(wake_workers)
        monkeypatch.setattr(wakeups, "_notifier", unanswered)
        without_answer = best_of_three()

    assert called.wait(5)
    assert without_answer < unconnected + 0.1
