"""Faults of processes: killed, frozen, stopped, or with a wrong clock."""

from __future__ import annotations

import signal
import time

from fulfilment.models import Attempt, Connection
from tests.faults.registry import fault
from tests.faults.testbed import Testbed, signal_to, wait_for_end
from tests.fulfilment.processes import eventually


@fault("killed after the answer", core=True)
def killed_after_the_answer(testbed: Testbed) -> None:
    """SIGKILL after the answer of the warehouse, before it is stored."""
    testbed.create_events()
    for _ in range(3):
        wait_for_end(testbed.start_worker("dies before the commit"))
        testbed.expire_leases()


@fault("killed before sending", core=True)
def killed_before_sending(testbed: Testbed) -> None:
    """SIGKILL once the lanes are claimed, before anything is sent."""
    testbed.create_events()
    for _ in range(3):
        wait_for_end(testbed.start_worker("dies before sending"))
        testbed.expire_leases()


@fault("killed anywhere", core=True)
def killed_anywhere(testbed: Testbed) -> None:
    """SIGKILL at random moments until all is sent."""
    testbed.inject({"mode": "slow", "seconds": 0.02})
    testbed.create_events(toggles=4)
    kills = 0
    while testbed.count_waiting():
        worker = testbed.start_worker()
        time.sleep(
            testbed.rng.uniform(0.05, 0.4) * (1 + kills / 4)
        )  # so that slow workers make progress
        signal_to(worker, signal.SIGKILL)
        wait_for_end(worker)
        testbed.expire_leases()
        testbed.end_pauses()
        kills += 1
    assert kills >= 2


@fault("frozen past the lease", core=True)
def frozen_past_the_lease(testbed: Testbed) -> None:
    """SIGSTOP before the commit until the lease expires; another worker delivers; then SIGCONT."""
    _freeze_one_of_two(testbed, "freezes before the commit")


@fault("frozen with locks held", core=True)
def frozen_with_locks_held(testbed: Testbed) -> None:
    """SIGSTOP while answers are stored; the database ends that transaction, others go on."""
    _freeze_one_of_two(testbed, "freezes while it stores answers")


def _freeze_one_of_two(testbed: Testbed, failure: str) -> None:
    """Have a worker freeze, and another one deliver what it held; the first one survives it."""
    testbed.create_events()
    frozen = testbed.start_worker(failure, short_leases=True)
    eventually(testbed.has_lease, "a lease")
    testbed.start_worker(short_leases=True)
    eventually(testbed.all_sent, "the end")
    signal_to(frozen, signal.SIGCONT)
    time.sleep(0.3)
    assert frozen.is_running()


@fault("stopped during delivery", core=True)
def stopped_during_delivery(testbed: Testbed) -> None:
    """SIGTERM while requests are in progress; claimed lanes are finished."""
    testbed.inject({"mode": "slow", "seconds": 0.05})
    testbed.create_events()
    worker = testbed.start_worker()
    eventually(testbed.sent_some, "a beginning")
    signal_to(worker, signal.SIGTERM)
    wait_for_end(worker)
    assert not testbed.has_lease()
    assert not Attempt.objects.filter(
        handoff__in=testbed.handoffs(), outcome=Attempt.Outcome.UNKNOWN
    ).exists()


@fault("killed before the wake-up", core=True)
def killed_before_the_wake_up(testbed: Testbed) -> None:
    """SIGKILL of the saving process between commit and wake-up; only the periodic sweep is left."""
    ids = [str(order.pk) for order in testbed.orders]
    for each in ids:
        options = {"order_ids": [each], "times": 1}
        wait_for_end(testbed.forker.fork("seller", failure="dies before waking workers", **options))
    testbed.refresh()
    assert testbed.handoffs().filter(lane__connection__code="warehouse").count() == len(ids)
    testbed.start_celery()
    eventually(testbed.all_sent, "the end")


@fault("beat down", core=True)
def beat_down(testbed: Testbed) -> None:
    """No beat: handoffs are delivered by wake-ups alone."""
    testbed.notify_through(testbed.broker.url)
    testbed.start_celery(beats=0)
    testbed.create_events()
    eventually(testbed.all_sent, "the end")


@fault("two beats")
def two_beats(testbed: Testbed) -> None:
    """Two beats and two workers: every sweep runs twice."""
    testbed.forker.fork("celery")
    testbed.start_celery(beats=2)
    testbed.create_events(toggles=4)
    eventually(testbed.all_sent, "the end")


@fault("clocks jump", core=True)
def clocks_jump(testbed: Testbed) -> None:
    """One worker's clock is four minutes slow, the next one's fast; the database's clock counts."""
    for seconds in (-240, 240):
        testbed.create_events(toggles=1)
        testbed.start_worker(clock=seconds)
        eventually(testbed.all_sent, "the end")
        testbed.forker.kill_all()
        testbed.expire_leases()


@fault("clock an hour off")
def clock_an_hour_off(testbed: Testbed) -> None:
    """A worker signs with an invalid time: the connection is marked as refused and waits."""
    testbed.create_events()
    testbed.start_worker(clock=3600)
    refused = Connection.objects.filter(code="warehouse", status=Connection.Status.AUTH_FAILED)
    eventually(refused.exists, "a refused sign-in")
    eventually(lambda: testbed.all_sent("healthy"), "the end of the others' handoffs")


@fault("Celery worker stopped")
def celery_worker_stopped(testbed: Testbed) -> None:
    """SIGTERM to a Celery worker during delivery; another one continues."""
    testbed.inject({"mode": "slow", "seconds": 0.05})
    testbed.notify_through(testbed.broker.url)
    worker = testbed.start_celery()
    testbed.create_events(toggles=4)
    eventually(testbed.sent_some, "a beginning")
    signal_to(worker, signal.SIGTERM)
    wait_for_end(worker)
    assert not testbed.has_lease()
    testbed.forker.fork("celery")
    eventually(testbed.all_sent, "the end")
