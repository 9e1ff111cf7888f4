"""Listener: a notification of the database wakes at once, also after a lost connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connection as database

from fulfilment.outbound import listener as module
from fulfilment.outbound.listener import Listener
from fulfilment.services.wakeups import CHANNEL, notify_relay
from tests.fulfilment.processes import eventually

LISTENING = "SELECT pid FROM pg_stat_activity WHERE query = %s AND datname = current_database()"

pytestmark = pytest.mark.django_db(transaction=True)


class Woken:
    """Counts how often it is woken."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


@pytest.fixture
def woken() -> Iterator[Woken]:
    """A listener that has begun to listen, and how often it woke."""
    counter = Woken()
    listener = Listener(counter)
    listener.start()
    eventually(lambda: counter.times == 1, "a listener", 5)
    yield counter
    listener.stop()


def notify() -> None:
    """Notify on a connection of its own, as the background thread of a save does."""
    thread = threading.Thread(target=notify_relay)
    thread.start()
    thread.join()


def test_wakes_at_once_for_every_notification(woken: Woken) -> None:
    for number in range(2, 5):
        started = time.monotonic()
        notify()
        eventually(lambda number=number: woken.times == number, "a wake-up", 5)  # type: ignore[misc]  # a lambda's default
        assert time.monotonic() - started < 0.4


def test_does_not_wake_without_a_notification(woken: Woken) -> None:
    time.sleep(2.5 * module.LOOK_SECONDS)

    assert woken.times == 1


def test_listens_again_after_the_database_ended_its_connection(
    woken: Woken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RECONNECT_SECONDS", 0.05)
    with database.cursor() as cursor:
        cursor.execute(LISTENING, [f"LISTEN {CHANNEL}"])
        [(pid,)] = cursor.fetchall()
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    eventually(lambda: woken.times == 2, "a listener again", 5)
    notify()

    eventually(lambda: woken.times == 3, "a wake-up", 5)
