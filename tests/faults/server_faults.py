"""Faults of broker and database: emptied, killed, hanging, or without free connections."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

from django.db import OperationalError, connection, connections, transaction

from fulfilment.models import Handoff, Health, Lane
from tests.faults.registry import fault
from tests.faults.testbed import Testbed, wait_skipping_pauses
from tests.fulfilment.processes import eventually


@fault("broker emptied", core=True)
def broker_emptied(testbed: Testbed) -> None:
    """FLUSHALL three times while a worker and beat deliver."""
    testbed.notify_through(testbed.broker.url)
    testbed.start_celery()
    for _ in range(3):
        testbed.create_events(toggles=1)
        testbed.broker.flush()
    eventually(testbed.all_sent, "the end")


@fault("broker killed", core=True)
def broker_killed(testbed: Testbed) -> None:
    """SIGKILL of the broker during delivery; it restarts empty."""
    testbed.notify_through(testbed.broker.url)
    worker = testbed.start_celery()
    testbed.create_events(toggles=1)
    testbed.broker.kill()
    testbed.create_events(toggles=1)
    testbed.broker.start()
    eventually(testbed.all_sent, "the end")
    assert worker.is_running()


@fault("broker gone", core=True)
def broker_gone(testbed: Testbed) -> None:
    """No broker at all: `manage.py relay`, which runs beside the worker, goes on by itself."""
    testbed.notify_through(testbed.broker.url)
    testbed.start_celery()
    testbed.start_worker()
    testbed.create_events(toggles=1)
    testbed.broker.kill()
    try:
        testbed.create_events()
        eventually(testbed.all_sent, "the end")
    finally:
        testbed.broker.start()


@fault("broker does not answer", core=True)
def broker_does_not_answer(testbed: Testbed) -> None:
    """The broker accepts connections and never answers; the saving thread never connects to it."""
    saving_thread = threading.get_ident()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        notifying_threads = testbed.notify_through(
            f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        )
        testbed.create_events()
        eventually(lambda: notifying_threads, "a wake-up")
    assert saving_thread not in notifying_threads


@fault("database ends all connections", core=True)
def database_ends_all_connections(testbed: Testbed) -> None:
    """Every connection to the database is ended, five times, while a worker delivers."""
    testbed.inject({"mode": "slow", "seconds": 0.02})
    testbed.create_events()
    worker = testbed.start_worker()
    for _ in range(5):
        eventually(lambda: testbed.has_lease() or testbed.all_sent(), "a lease")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        testbed.expire_leases()
        time.sleep(0.1)
    assert worker.is_running()


@fault("backend gone at completion", core=True)
def backend_gone_at_completion(testbed: Testbed) -> None:
    """The database ends the worker's connection just before the answers are stored."""
    testbed.create_events()
    worker = testbed.start_worker("loses its backend")
    eventually(testbed.has_lease, "a lease")
    time.sleep(0.5)
    testbed.expire_leases()
    wait_skipping_pauses(testbed, testbed.all_sent, "the end")
    assert worker.is_running()


@fault("deadlock", core=True)
def deadlock(testbed: Testbed) -> None:
    """Another transaction locks health record and lanes in the reverse order."""
    testbed.inject({"mode": "slow", "seconds": 0.3})
    testbed.create_events(toggles=1)
    worker = testbed.start_worker()
    eventually(testbed.has_lease, "a lease")
    with transaction.atomic():
        list(Health.objects.select_for_update().filter(connection__code="warehouse"))
        time.sleep(0.6)
        with contextlib.suppress(OperationalError), transaction.atomic():
            list(Lane.objects.select_for_update())
    testbed.expire_leases()
    wait_skipping_pauses(testbed, testbed.all_sent, "the end")
    assert worker.is_running()


@fault("long transaction", core=True)
def long_transaction(testbed: Testbed) -> None:
    """A save stays uncommitted and holds its lanes; all others are delivered."""
    testbed.create_events(toggles=1)
    held = testbed.orders[0]
    with transaction.atomic():
        testbed.toggle_hold(held)
        testbed.start_worker()
        others = testbed.handoffs().exclude(lane__root_id=held.pk)
        waiting = others.filter(state__in=Handoff.WAITING)
        eventually(lambda: not waiting.exists(), "the others' end")
        assert not testbed.all_sent()


@fault("pool exhausted")
def pool_exhausted(testbed: Testbed) -> None:
    """All database connections are taken; the worker waits for one."""
    testbed.create_events()
    taken = [connections.create_connection("default")]
    with contextlib.suppress(OperationalError):
        while True:
            taken[-1].ensure_connection()
            taken.append(connections.create_connection("default"))
    worker = testbed.start_worker()
    time.sleep(1)
    assert worker.is_running()
    for other in taken:
        other.close()
    eventually(testbed.all_sent, "the end")
