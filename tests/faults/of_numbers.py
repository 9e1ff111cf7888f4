"""Many of everything: connections, versions."""

from __future__ import annotations

from fulfilment.models import Connection, Handoff
from tests.faults.registry import fault
from tests.faults.servers import free_port
from tests.faults.stage import Stage, once, wait_for_end
from tests.fulfilment.conftest import ORDER_EVENTS
from tests.fulfilment.processes import eventually

VERSIONS = 1000
SYSTEMS = 98


@fault("a thousand versions of one order")
def thousand_versions(stage: Stage) -> None:
    """One order is changed a thousand times, while two workers carry."""
    stage.work()
    stage.work()
    only = [str(stage.orders[0].pk)]
    wait_for_end(stage.nursery.fork("seller", order_ids=only, times=VERSIONS), 300)
    stage.refresh()
    once(stage, stage.all_sent, "the end")


@fault("one dead of a hundred")
def one_dead_of_a_hundred(stage: Stage) -> None:
    """A hundred systems hear of everything, one of them is dead; the others notice nothing."""
    for number in range(SYSTEMS):
        stage.bystander.register(ORDER_EVENTS, f"far-{number}")
    dead = Connection.objects.filter(code="far-0")
    alive = dead.get().url
    dead.update(url=f"http://127.0.0.1:{free_port()}/hooks")
    stage.sell(toggles=1)
    stage.work()
    waiting = stage.handoffs().filter(state__in=Handoff.WAITING)
    others = waiting.exclude(lane__connection__code="far-0")
    eventually(lambda: not others.exists(), "what is for the others")
    assert waiting.exists()
    dead.update(url=alive)
    once(stage, stage.all_sent, "the end")
    far = Connection.objects.filter(code__startswith="far-")
    far.update(status=Connection.Status.DISABLED)
