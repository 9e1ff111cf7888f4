"""Tasks of the workers, and how many of them may queue."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest
from celery import Celery, current_app
from django.conf import settings
from pytest_httpserver import HTTPServer

from config.celery import app as celery
from fulfilment import tasks
from fulfilment.models import Handoff
from fulfilment.outbound import delivery_thread
from fulfilment.services.wakeups import CHANNEL
from tests.factories import Market
from tests.fulfilment.conftest import ORDER_EVENTS, connect, submitted_order
from tests.fulfilment.processes import database_url, eventually


def test_queues_a_limited_number_of_tasks_while_there_is_no_worker() -> None:
    current_app.control.purge()
    try:
        for _ in range(tasks.MOST_WAITING + 5):
            tasks.wake_workers()
        with current_app.connection_or_acquire() as broker:
            assert broker.default_channel.client.llen("celery") == tasks.MOST_WAITING
    finally:
        current_app.control.purge()


KNOWN_TO_A_WORKER = """
from config.celery import app
app.finalize()
app.loader.init_worker()
print(*app.tasks)
"""


def test_a_worker_knows_every_task_of_the_beat_schedule() -> None:
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    printed = subprocess.run(
        [sys.executable, "-c", KNOWN_TO_A_WORKER], capture_output=True, text=True, check=True
    ).stdout

    assert scheduled | {tasks.drain.name} <= set(printed.split())


@pytest.mark.django_db(transaction=True)
def test_delivers_what_is_due(httpserver: HTTPServer) -> None:
    warehouse = connect(httpserver, "warehouse", ORDER_EVENTS)
    submitted_order(Market())
    try:
        tasks.sweep()
        eventually(lambda: warehouse.received, "a delivery", 5)
    finally:
        delivery_thread.stop()

    assert Handoff.objects.get().state == Handoff.State.ACCEPTED


@pytest.mark.django_db(transaction=True)
def test_a_sweep_delivers_although_a_deferred_message_fails(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = connect(httpserver, "warehouse", ORDER_EVENTS)
    submitted_order(Market())

    def fail() -> None:
        raise ValueError("a message that cannot be applied")

    monkeypatch.setattr(tasks, "retry_deferred", fail)
    try:
        with pytest.raises(ValueError, match="cannot be applied"):
            tasks.sweep()
        eventually(lambda: warehouse.received, "a delivery", 5)
    finally:
        delivery_thread.stop()


@pytest.fixture
def lost_broker() -> Iterator[None]:
    """A broker whose port is closed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    lost = Celery("lost", set_as_current=True)
    lost.config_from_object(settings, namespace="CELERY")
    lost.conf.update(broker_url=f"redis://127.0.0.1:{port}/0")
    yield
    celery.set_current()


@pytest.fixture
def count_notifications(transactional_db: None) -> Iterator[Callable[[], int]]:
    """Counts the notifications that the relay has received since the last call."""
    with psycopg.connect(database_url(), autocommit=True) as session:
        session.execute(f"LISTEN {CHANNEL}")
        yield lambda: len(list(session.notifies(timeout=0.3)))


@pytest.mark.usefixtures("lost_broker")
def test_notifies_the_relay_while_the_broker_is_lost(
    count_notifications: Callable[[], int],
) -> None:
    wakeup = tasks.Wakeup()

    for _ in range(3):
        wakeup()

    assert count_notifications() == 3


@pytest.mark.usefixtures("lost_broker")
def test_returns_to_the_broker_after_a_while(
    count_notifications: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "BROKER_PAUSE", 0.2)
    wakeup = tasks.Wakeup()
    wakeup()
    celery.set_current()
    celery.control.purge()

    wakeup()
    assert count_notifications() == 2
    time.sleep(0.2)
    wakeup()

    assert count_notifications() == 0
    assert celery.control.purge() == 1


def test_notifies_nobody_while_the_broker_answers(count_notifications: Callable[[], int]) -> None:
    celery.control.purge()

    tasks.Wakeup()()

    assert count_notifications() == 0
    assert celery.control.purge() == 1
