"""Workers, beats and web processes that die, freeze, or have the wrong time."""

from __future__ import annotations

import signal
import time

from fulfilment.models import Attempt, Connection
from tests.faults.registry import fault
from tests.faults.stage import Stage, is_alive, signal_to, wait_for_end
from tests.fulfilment.processes import eventually


@fault("killed after the answer", core=True)
def killed_after_the_answer(stage: Stage) -> None:
    """SIGKILL once the warehouse said yes, before that is written down."""
    stage.sell()
    for _ in range(3):
        wait_for_end(stage.work("dies before the commit"))
        stage.let_leases_pass()


@fault("killed before sending", core=True)
def killed_before_sending(stage: Stage) -> None:
    """SIGKILL once the lanes are claimed, before anything is sent."""
    stage.sell()
    for _ in range(3):
        wait_for_end(stage.work("dies before sending"))
        stage.let_leases_pass()


@fault("killed anywhere", core=True)
def killed_anywhere(stage: Stage) -> None:
    """SIGKILL at random moments until all is sent."""
    stage.misbehave({"mode": "slow", "seconds": 0.02})
    stage.sell(toggles=4)
    kills = 0
    while stage.left():
        worker = stage.work()
        time.sleep(stage.dice.uniform(0.05, 0.4) * (1 + kills / 4))  # so that slow ones get on
        signal_to(worker, signal.SIGKILL)
        wait_for_end(worker)
        stage.let_leases_pass()
        stage.let_pauses_pass()
        kills += 1
    assert kills >= 2


@fault("frozen past the lease", core=True)
def frozen_past_the_lease(stage: Stage) -> None:
    """SIGSTOP before the commit for longer than the lease; another takes over; then SIGCONT."""
    stage.sell()
    sleeper = stage.work("freezes before the commit", short_leases=True)
    eventually(stage.leased, "a lease")
    stage.work(short_leases=True)
    eventually(stage.all_sent, "the end")
    signal_to(sleeper, signal.SIGCONT)
    time.sleep(0.3)
    assert is_alive(sleeper)


@fault("told to stop", core=True)
def told_to_stop(stage: Stage) -> None:
    """SIGTERM while requests are under way; what is held is finished."""
    stage.misbehave({"mode": "slow", "seconds": 0.05})
    stage.sell()
    worker = stage.work()
    eventually(stage.sent_some, "a beginning")
    signal_to(worker, signal.SIGTERM)
    wait_for_end(worker)
    assert not stage.leased()
    assert not Attempt.objects.filter(
        handoff__in=stage.handoffs(), outcome=Attempt.Outcome.UNKNOWN
    ).exists()


@fault("killed before the nudge", core=True)
def killed_before_the_nudge(stage: Stage) -> None:
    """SIGKILL of whoever saved, between the commit and the nudge; only beat's sweep is left."""
    ids = [str(order.pk) for order in stage.orders]
    for each in ids:
        options = {"order_ids": [each], "times": 1}
        wait_for_end(stage.nursery.fork("seller", ambush="dies before nudging", **options))
    stage.refresh()
    assert stage.handoffs().filter(lane__connection__code="warehouse").count() == len(ids)
    stage.work_by_broker()
    eventually(stage.all_sent, "the end")


@fault("beat down", core=True)
def beat_down(stage: Stage) -> None:
    """No beat: the nudges alone carry."""
    stage.ring(stage.broker.url)
    stage.work_by_broker(beats=0)
    stage.sell()
    eventually(stage.all_sent, "the end")


@fault("two beats")
def two_beats(stage: Stage) -> None:
    """Two beats and two workers: every sweep comes twice."""
    stage.nursery.fork("celery")
    stage.work_by_broker(beats=2)
    stage.sell(toggles=4)
    eventually(stage.all_sent, "the end")


@fault("clocks jump", core=True)
def clocks_jump(stage: Stage) -> None:
    """A worker's clock is four minutes behind, the next one's four ahead; the database's counts."""
    for seconds in (-240, 240):
        stage.sell(toggles=1)
        stage.work(clock=seconds)
        eventually(stage.all_sent, "the end")
        stage.nursery.dismiss()
        stage.let_leases_pass()


@fault("clock an hour off")
def clock_an_hour_off(stage: Stage) -> None:
    """A worker signs with a time nobody accepts: the connection is shown as refused, and waits."""
    stage.sell()
    stage.work(clock=3600)
    refused = Connection.objects.filter(code="warehouse", status=Connection.Status.AUTH_FAILED)
    eventually(refused.exists, "a refused sign-in")
    eventually(lambda: stage.all_sent("bystander"), "what is for the others")


@fault("workers told to stop by Celery")
def celery_told_to_stop(stage: Stage) -> None:
    """SIGTERM to a Celery worker in the middle; another one goes on."""
    stage.misbehave({"mode": "slow", "seconds": 0.05})
    stage.ring(stage.broker.url)
    worker = stage.work_by_broker()
    stage.sell(toggles=4)
    eventually(stage.sent_some, "a beginning")
    signal_to(worker, signal.SIGTERM)
    wait_for_end(worker)
    assert not stage.leased()
    stage.nursery.fork("celery")
    eventually(stage.all_sent, "the end")
