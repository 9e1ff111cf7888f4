"""Faults of operators: concurrent replay, edits, rotation, pause, changed address."""

from __future__ import annotations

import threading

from django.db import connection

from common.errors import IllegalTransition
from fulfilment.models import Attempt, Connection, Handoff, Secret
from fulfilment.outbound.handoff_actions import replay_handoff
from fulfilment.services.connections import pause_connection, resume_connection, rotate_secret
from tests.faults.external_system_faults import check_others_unaffected, wait_for_outcome
from tests.faults.proxy import Proxy
from tests.faults.registry import fault
from tests.faults.testbed import Testbed, wait_skipping_pauses
from tests.fulfilment.processes import eventually


def stuck(testbed: Testbed) -> Handoff:
    """Have a message refused until it needs attention, while the other lanes are delivered."""
    testbed.inject({"mode": "status", "code": 422, "times": 6})
    testbed.toggle_hold(testbed.orders[0])
    testbed.toggle_hold(testbed.orders[0])
    testbed.start_worker()
    waiting = testbed.handoffs().filter(state=Handoff.State.NEEDS_ATTENTION)
    wait_skipping_pauses(testbed, waiting.exists, "a handoff that needs attention")
    for order in testbed.orders[1:]:
        testbed.toggle_hold(order)
    others = testbed.handoffs().exclude(lane__root_id=testbed.orders[0].pk)
    wait_skipping_pauses(
        testbed, lambda: not others.filter(state__in=Handoff.WAITING).exists(), "the others' end"
    )
    return waiting.get()


@fault("poison message, replayed twice", core=True)
def replayed_twice(testbed: Testbed) -> None:
    """A message is refused six times and blocks its lane only; two tabs replay it at once."""
    handoff = stuck(testbed)
    testbed.forker.kill_all()
    results: list[str] = []

    def replay() -> None:
        try:
            replay_handoff(handoff.pk, actor=testbed.market.rep)
            results.append("replayed")
        except IllegalTransition:
            results.append("refused")
        finally:
            connection.close()

    tabs = [threading.Thread(target=replay) for _ in range(2)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert sorted(results) == ["refused", "replayed"]


@fault("edited between sending and answer", core=True)
def edited_before_the_answer(testbed: Testbed) -> None:
    """Orders are changed repeatedly before the answer to an earlier change arrives."""
    testbed.inject({"mode": "slow", "seconds": 0.2, "times": 12})
    testbed.create_events(toggles=1)
    testbed.start_worker()
    eventually(testbed.has_lease, "a lease")
    for _ in range(3):
        assert not testbed.all_sent("warehouse")
        for order in testbed.orders:
            testbed.toggle_hold(order)
    wait_skipping_pauses(testbed, testbed.all_sent, "the end")


@fault("secret rotated", core=True)
def secret_rotated(testbed: Testbed) -> None:
    """The signing secret is rotated during delivery; both secrets are valid for a day."""
    warehouse = Connection.objects.get(code="warehouse")
    testbed.inject({"mode": "slow", "seconds": 0.03})
    testbed.create_events()
    testbed.start_worker()
    eventually(testbed.sent_some, "a beginning")
    rotate_secret(warehouse, Secret.Purpose.OUTBOUND)
    wait_skipping_pauses(testbed, testbed.all_sent, "the end")
    secrets = warehouse.secrets.filter(purpose=Secret.Purpose.OUTBOUND)
    secrets.filter(expires_at=None).delete()
    secrets.update(expires_at=None)


@fault("paused with a backlog")
def paused_with_a_backlog(testbed: Testbed) -> None:
    """A person pauses the connection, and resumes it when there is a backlog."""
    warehouse = Connection.objects.get(code="warehouse")
    pause_connection(warehouse)
    testbed.create_events(toggles=4)
    testbed.start_worker()
    check_others_unaffected(testbed)
    resume_connection(warehouse)
    eventually(testbed.all_sent, "the end")


@fault("address changed", core=True)
def address_changed(testbed: Testbed) -> None:
    """A person changes the address of the connection while there is a backlog."""
    testbed.proxy.refuse_connections()
    testbed.create_events()
    testbed.start_worker()
    wait_for_outcome(testbed, Attempt.Outcome.UNREACHABLE)
    with Proxy(testbed.sandbox.port) as other:
        testbed.set_warehouse_url(other.port)
        wait_skipping_pauses(testbed, testbed.all_sent, "the end")
        assert other.connections
