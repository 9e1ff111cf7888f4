"""Faults at volume: many versions of a document, many connections."""

from __future__ import annotations

from fulfilment.models import Connection, Handoff
from tests.faults.registry import fault
from tests.faults.servers import free_port
from tests.faults.testbed import Testbed, wait_for_end, wait_skipping_pauses
from tests.fulfilment.conftest import ORDER_EVENTS
from tests.fulfilment.processes import eventually

VERSIONS = 1000
SYSTEMS = 98


@fault("a thousand versions of one order")
def thousand_versions(testbed: Testbed) -> None:
    """One order is changed a thousand times while two workers deliver."""
    testbed.start_worker()
    testbed.start_worker()
    only = [str(testbed.orders[0].pk)]
    wait_for_end(testbed.forker.fork("seller", order_ids=only, times=VERSIONS), 300)
    testbed.refresh()
    wait_skipping_pauses(testbed, testbed.all_sent, "the end")


@fault("one of a hundred systems down")
def one_of_a_hundred_down(testbed: Testbed) -> None:
    """A hundred systems receive every event, one is down; the others are not affected."""
    for number in range(SYSTEMS):
        testbed.healthy.register(ORDER_EVENTS, f"system-{number}")
    down = Connection.objects.filter(code="system-0")
    url = down.get().url
    down.update(url=f"http://127.0.0.1:{free_port()}/hooks")
    testbed.create_events(toggles=1)
    testbed.start_worker()
    waiting = testbed.handoffs().filter(state__in=Handoff.WAITING)
    others = waiting.exclude(lane__connection__code="system-0")
    eventually(lambda: not others.exists(), "the end of the others' handoffs")
    assert waiting.exists()
    down.update(url=url)
    wait_skipping_pauses(testbed, testbed.all_sent, "the end")
    systems = Connection.objects.filter(code__startswith="system-")
    systems.update(status=Connection.Status.DISABLED)
