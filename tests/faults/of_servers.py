"""Brokers and databases that forget, restart, hang, or give nobody a connection."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

from django.db import OperationalError, connection, connections, transaction

from fulfilment.models import Handoff, Health, Lane
from tests.faults.registry import fault
from tests.faults.stage import Stage, is_alive, once
from tests.fulfilment.processes import eventually


@fault("broker emptied", core=True)
def broker_emptied(stage: Stage) -> None:
    """FLUSHALL again and again while a worker and beat carry."""
    stage.ring(stage.broker.url)
    stage.work_by_broker()
    for _ in range(3):
        stage.sell(toggles=1)
        stage.broker.flush()
    eventually(stage.all_sent, "the end")


@fault("broker killed", core=True)
def broker_killed(stage: Stage) -> None:
    """SIGKILL of the broker in the middle; it comes back empty."""
    stage.ring(stage.broker.url)
    worker = stage.work_by_broker()
    stage.sell(toggles=1)
    stage.broker.kill()
    stage.sell(toggles=1)
    stage.broker.start()
    eventually(stage.all_sent, "the end")
    assert is_alive(worker)


@fault("broker gone", core=True)
def broker_gone(stage: Stage) -> None:
    """No broker at all: `manage.py relay` carries meanwhile."""
    stage.ring(stage.broker.url)
    stage.broker.kill()
    try:
        stage.work()
        stage.sell()
        eventually(stage.all_sent, "the end")
    finally:
        stage.broker.start()


@fault("broker deaf", core=True)
def broker_deaf(stage: Stage) -> None:
    """The broker accepts connections and never answers; whoever saves never speaks to it."""
    saving = threading.get_ident()
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        rung_by = stage.ring(f"redis://127.0.0.1:{deaf.getsockname()[1]}/0")
        stage.sell()
        eventually(lambda: rung_by, "a ring")
    assert saving not in rung_by


@fault("database drops everybody", core=True)
def database_drops_everybody(stage: Stage) -> None:
    """Every connection to the database is ended, five times, while a worker carries."""
    stage.misbehave({"mode": "slow", "seconds": 0.02})
    stage.sell()
    worker = stage.work()
    for _ in range(5):
        eventually(lambda: stage.leased() or stage.all_sent(), "a lease")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        stage.let_leases_pass()
        time.sleep(0.1)
    assert is_alive(worker)


@fault("backend gone at completion", core=True)
def backend_gone_at_completion(stage: Stage) -> None:
    """The database ends the worker's connection just when the answers are to be written."""
    stage.sell()
    worker = stage.work("loses its backend")
    eventually(stage.leased, "a lease")
    time.sleep(0.5)
    stage.let_leases_pass()
    once(stage, stage.all_sent, "the end")
    assert is_alive(worker)


@fault("deadlock", core=True)
def deadlock(stage: Stage) -> None:
    """Somebody locks a connection's health and then the lanes, against the order of the house."""
    stage.misbehave({"mode": "slow", "seconds": 0.3})
    stage.sell(toggles=1)
    worker = stage.work()
    eventually(stage.leased, "a lease")
    with transaction.atomic():
        list(Health.objects.select_for_update().filter(connection__code="warehouse"))
        time.sleep(0.6)
        with contextlib.suppress(OperationalError), transaction.atomic():
            list(Lane.objects.select_for_update())
    stage.let_leases_pass()
    once(stage, stage.all_sent, "the end")
    assert is_alive(worker)


@fault("long transaction", core=True)
def long_transaction(stage: Stage) -> None:
    """A save stays uncommitted for a while and holds its lanes; all the others flow."""
    stage.sell(toggles=1)
    held = stage.orders[0]
    with transaction.atomic():
        stage.toggle(held)
        stage.work()
        others = stage.handoffs().exclude(lane__root_id=held.pk)
        waiting = others.filter(state__in=Handoff.WAITING)
        eventually(lambda: not waiting.exists(), "the others' end")
        assert not stage.all_sent()


@fault("pool exhausted")
def pool_exhausted(stage: Stage) -> None:
    """All connections the database gives are taken; the worker waits for one."""
    stage.sell()
    hoard = [connections.create_connection("default")]
    with contextlib.suppress(OperationalError):
        while True:
            hoard[-1].ensure_connection()
            hoard.append(connections.create_connection("default"))
    worker = stage.work()
    time.sleep(1)
    assert is_alive(worker)
    for other in hoard:
        other.close()
    eventually(stage.all_sent, "the end")
