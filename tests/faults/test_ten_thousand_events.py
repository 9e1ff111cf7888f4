"""Ten thousand events while workers are killed and servers crash."""

from __future__ import annotations

import signal
import time

import pytest

from fulfilment.models import Connection
from tests.faults.conftest import ROW, random_for
from tests.faults.invariants import check_invariants
from tests.faults.servers import PostgresServer
from tests.faults.test_faults import Record
from tests.faults.testbed import Testbed, signal_to, wait_for_end

pytestmark = pytest.mark.faults

EVENTS = 10_000
KILLS = 200
CHANGES = 19
SELLERS = 2
MOST_AT_ONCE = 16
LONGEST_END = 600
"""Seconds for the rest, once no worker is killed any more."""
NAME = "ten thousand events"


def create_events(testbed: Testbed, events: int) -> None:
    """Submit and change orders in several processes until there are this many events."""
    options = {
        "rep": str(testbed.market.rep.pk),
        "account": str(testbed.market.account.pk),
        "product": str(testbed.market.product().pk),
        "number": events // (CHANGES + 1) // SELLERS,
        "changes": CHANGES,
    }
    for seller in [testbed.forker.fork("order_maker", **options) for _ in range(SELLERS)]:
        wait_for_end(seller, 900)


def run_and_kill_workers(testbed: Testbed, kills: int) -> int:
    """Start some workers and kill them after a moment; returns how many."""
    if kills % 10 == 0:
        workers = [testbed.forker.fork("celery")]
        time.sleep(testbed.rng.uniform(1, 2))
    else:
        workers = [testbed.start_worker() for _ in range(testbed.rng.randint(1, 3))]
        time.sleep(testbed.rng.uniform(0.1, 1))
    testbed.rng.shuffle(workers)
    for worker in workers:
        signal_to(worker, signal.SIGKILL)
        time.sleep(testbed.rng.uniform(0, 0.05))
    for worker in workers:
        wait_for_end(worker)
    testbed.expire_leases()
    testbed.end_pauses()
    return len(workers)


def crash_server(testbed: Testbed, server: PostgresServer, before: int, kills: int) -> None:
    """Crash a server at certain numbers of kills, while a worker delivers."""
    crashes = {50: testbed.broker.flush, 100: server.kill, 150: server.stop}
    for number, crash in crashes.items():
        if before < number <= kills:
            worker = testbed.start_worker()
            time.sleep(0.2)
            crash()
            server.start()
            time.sleep(0.5)
            signal_to(worker, signal.SIGKILL)
            wait_for_end(worker)
            testbed.expire_leases()


def test_keeps_the_invariants(
    private_testbed: Testbed, server: PostgresServer, record_property: Record
) -> None:
    testbed = private_testbed
    testbed.begin(random_for(NAME))
    Connection.objects.update(max_in_flight=MOST_AT_ONCE)
    create_events(testbed, EVENTS)
    testbed.forker.fork("beat", schedule=str(testbed.folder / "beat"))

    kills = 0
    while kills < KILLS:
        if testbed.count_waiting() < EVENTS // 50:
            create_events(testbed, EVENTS // 50)
        before, kills = kills, kills + run_and_kill_workers(testbed, kills)
        crash_server(testbed, server, before, kills)
    testbed.finish(LONGEST_END)

    report = check_invariants(testbed)
    description = f"{kills} workers killed; FLUSHALL, PostgreSQL killed and restarted meanwhile"
    record_property(ROW, (NAME, description, *report.counts))
    assert report.is_clean, report
    assert report.events >= EVENTS
