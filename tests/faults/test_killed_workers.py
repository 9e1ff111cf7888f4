"""Workers and databases that die at the worst moment, with real processes."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection

from fulfilment import tasks
from fulfilment.models import Attempt, Connection, Handoff, Lane
from sales.models import Order
from sales.services.orders import hold_order, release_order
from tests.factories import Market
from tests.fulfilment.conftest import ORDER_EVENTS, make_due, submitted_order
from tests.fulfilment.processes import (
    ROOT,
    Sandbox,
    celery_worker,
    eventually,
    house_environment,
    running,
    sandbox,
    stop,
)

pytestmark = [
    pytest.mark.faults,
    pytest.mark.django_db(transaction=True),
]

SEED = 20261122
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def warehouse(transactional_db: None, tmp_path: Path) -> Iterator[Sandbox]:
    """A warehouse that takes its time, so that there is a middle to die in."""
    with sandbox("warehouse", ORDER_EVENTS, NOWHERE, tmp_path) as system:
        system.ask("POST", "/control", [{"mode": "slow", "seconds": 0.02}])
        Connection.objects.update(max_in_flight=8)
        yield system


def events(orders: int, toggles: int) -> int:
    """Make this many orders, each held and released again and again; returns the events made."""
    market = Market()
    for _ in range(orders):
        order: Order = submitted_order(market)
        for _ in range(toggles):
            hold_order(order.pk, actor=market.rep, reason="Credit check")
            release_order(order.pk, actor=market.rep)
    return orders * (1 + 2 * toggles)


class Nursery:
    """Workers that are there at once, to be killed one after the other."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            cwd=ROOT,
            env=os.environ | house_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.workers: list[int] = []

    def fork(self) -> int:
        """Have one more worker."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("fork\n")
        self.process.stdin.flush()
        self.workers.append(int(self.process.stdout.readline()))
        return self.workers[-1]

    def close(self) -> None:
        for worker in self.workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture
def nursery(warehouse: Sandbox) -> Iterator[Nursery]:
    """Workers on the tests' database."""
    nursery = Nursery()
    yield nursery
    nursery.close()


def leased() -> bool:
    return Lane.objects.filter(lease_token__isnull=False).exists()


def left() -> int:
    return Handoff.objects.filter(state__in=Handoff.WAITING).count()


def hurried_end() -> bool:
    """Whether all is sent, without waiting for leases and pauses to run out."""
    make_due()
    return left() == 0


def swept_end() -> bool:
    """Whether all is sent, with the sweep that beat asks for every second."""
    tasks.sweep.delay()
    time.sleep(1)
    return left() == 0


def check(warehouse: Sandbox, made: int) -> list[dict[str, Any]]:
    """None lost, none phantom, each once in effect and in order, all in evidence."""
    ledger: list[dict[str, Any]] = warehouse.ask("GET", "/ledger")
    assert len(ledger) == made
    assert {row["effects"] for row in ledger} == {1}
    by_source: dict[str, list[int]] = {}
    for row in ledger:
        by_source.setdefault(row["source"], []).append(row["sequence"])
    assert all(sequences == sorted(sequences) for sequences in by_source.values())
    assert set(Handoff.objects.values_list("state", flat=True)) == {Handoff.State.ACCEPTED}
    assert not Lane.objects.exclude(pending=0).exists()
    told = set(Handoff.objects.values_list("message_id", flat=True))
    assert told == {row["id"] for row in ledger}
    assert set(Attempt.objects.values_list("handoff__message_id", flat=True)) == told
    return ledger


def test_workers_killed_again_and_again_lose_and_repeat_nothing(
    warehouse: Sandbox, nursery: Nursery
) -> None:
    dice = random.Random(SEED)
    made = events(orders=20, toggles=4)
    kills = 0
    while left():
        worker = nursery.fork()
        time.sleep(dice.uniform(0.01, 0.4))
        os.kill(worker, signal.SIGKILL)
        kills += 1
        make_due()

    check(warehouse, made)
    assert kills >= 5, kills


def test_a_worker_frozen_past_its_lease_changes_nothing_when_it_wakes(
    warehouse: Sandbox, nursery: Nursery
) -> None:
    made = events(orders=10, toggles=2)
    sleeper = nursery.fork()
    eventually(leased, "a lease")
    os.kill(sleeper, signal.SIGSTOP)
    make_due()
    nursery.fork()
    eventually(lambda: left() == 0, "the end")

    os.kill(sleeper, signal.SIGCONT)
    time.sleep(1)

    check(warehouse, made)


def test_a_database_that_drops_its_connections_is_waited_for(warehouse: Sandbox) -> None:
    made = events(orders=10, toggles=2)
    worker = running("manage.py", "relay", "--every=0.05", environment=house_environment())
    try:
        eventually(leased, "a lease")
        for _ in range(5):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            make_due()
            time.sleep(0.2)
        eventually(hurried_end, "the end")
        assert worker.poll() is None
    finally:
        stop(worker)

    check(warehouse, made)


def test_a_broker_that_forgets_everything_loses_nothing(warehouse: Sandbox) -> None:
    with celery_worker():
        made = events(orders=5, toggles=2)
        redis.Redis.from_url(settings.REDIS_URL).flushdb()
        eventually(swept_end, "the end")

    check(warehouse, made)


def test_a_worker_told_to_stop_finishes_what_it_holds(warehouse: Sandbox) -> None:
    made = events(orders=10, toggles=2)
    worker = running("manage.py", "relay", "--every=0.05", environment=house_environment())
    eventually(leased, "a lease")
    worker.terminate()
    worker.wait(30)
    stop(worker)

    assert not leased()
    assert not Attempt.objects.filter(outcome="unknown").exists()
    assert Handoff.objects.filter(state=Handoff.State.ACCEPTED).count() == made
