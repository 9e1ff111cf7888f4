"""Ten thousand events, workers killed all along, and the servers fall over in the middle."""

from __future__ import annotations

import signal
import time

import pytest

from fulfilment.models import Connection
from tests.faults.conftest import ROW, dice_for
from tests.faults.servers import Server
from tests.faults.stage import Stage, signal_to, wait_for_end
from tests.faults.tally import take_tally
from tests.faults.test_faults import Record

pytestmark = pytest.mark.faults

EVENTS = 10_000
KILLS = 200
CHANGES = 19
SELLERS = 2
MOST_AT_ONCE = 16
LONGEST_END = 600
"""Seconds for what is left when nobody is killed any more."""
NAME = "ten thousand events"


def trade(stage: Stage, events: int) -> None:
    """Have several people submit and change orders until there are so many events."""
    options = {
        "rep": str(stage.market.rep.pk),
        "account": str(stage.market.account.pk),
        "product": str(stage.market.product().pk),
        "number": events // (CHANGES + 1) // SELLERS,
        "changes": CHANGES,
    }
    for seller in [stage.nursery.fork("trader", **options) for _ in range(SELLERS)]:
        wait_for_end(seller, 900)


def generation(stage: Stage, kills: int) -> int:
    """Have some workers, let them live for a moment, and kill them all; returns how many."""
    if kills % 10 == 0:
        workers = [stage.nursery.fork("celery")]
        time.sleep(stage.dice.uniform(1, 2))
    else:
        workers = [stage.work() for _ in range(stage.dice.randint(1, 3))]
        time.sleep(stage.dice.uniform(0.1, 1))
    stage.dice.shuffle(workers)
    for worker in workers:
        signal_to(worker, signal.SIGKILL)
        time.sleep(stage.dice.uniform(0, 0.05))
    for worker in workers:
        wait_for_end(worker)
    stage.let_leases_pass()
    stage.let_pauses_pass()
    return len(workers)


def fall_over(stage: Stage, server: Server, before: int, kills: int) -> None:
    """Let a server have its accident when it is time, with a worker at work."""
    accidents = {50: stage.broker.flush, 100: server.kill, 150: server.stop}
    for number, accident in accidents.items():
        if before < number <= kills:
            worker = stage.work()
            time.sleep(0.2)
            accident()
            server.start()
            time.sleep(0.5)
            signal_to(worker, signal.SIGKILL)
            wait_for_end(worker)
            stage.let_leases_pass()


def test_ten_thousand_events_survive_it_all(
    fragile_stage: Stage, server: Server, record_property: Record
) -> None:
    stage = fragile_stage
    stage.begin(dice_for(NAME))
    Connection.objects.update(max_in_flight=MOST_AT_ONCE)
    trade(stage, EVENTS)
    stage.nursery.fork("beat", schedule=str(stage.folder / "beat"))

    kills = 0
    while kills < KILLS:
        if stage.left() < EVENTS // 50:
            trade(stage, EVENTS // 50)
        before, kills = kills, kills + generation(stage, kills)
        fall_over(stage, server, before, kills)
    stage.finish(LONGEST_END)

    tally = take_tally(stage)
    done = f"{kills} workers killed; FLUSHALL, PostgreSQL killed and restarted in the middle"
    record_property(ROW, (NAME, done, *tally.counts))
    assert tally.is_clean, tally
    assert tally.events >= EVENTS
