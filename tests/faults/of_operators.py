"""What people do at the worst moment: replay twice, rotate, pause, change the address."""

from __future__ import annotations

import threading

from django.db import connection

from common.errors import IllegalTransition
from fulfilment.models import Attempt, Connection, Handoff, Secret
from fulfilment.outbound.handoff_actions import replay_handoff
from fulfilment.services.connections import pause_connection, resume_connection, rotate_secret
from tests.faults.of_far_ends import comes, others_flow
from tests.faults.proxy import Proxy
from tests.faults.registry import fault
from tests.faults.stage import Stage, once
from tests.fulfilment.processes import eventually


def stuck(stage: Stage) -> Handoff:
    """Have a message refused until it waits for a person, while the other lanes flow."""
    stage.misbehave({"mode": "status", "code": 422, "times": 6})
    stage.toggle(stage.orders[0])
    stage.toggle(stage.orders[0])
    stage.work()
    waiting = stage.handoffs().filter(state=Handoff.State.NEEDS_ATTENTION)
    once(stage, waiting.exists, "somebody who looks")
    for order in stage.orders[1:]:
        stage.toggle(order)
    others = stage.handoffs().exclude(lane__root_id=stage.orders[0].pk)
    once(stage, lambda: not others.filter(state__in=Handoff.WAITING).exists(), "the others' end")
    return waiting.get()


@fault("poison message, replayed twice", core=True)
def replayed_twice(stage: Stage) -> None:
    """A message is refused six times and blocks its lane only; two tabs replay it at once."""
    handoff = stuck(stage)
    stage.nursery.dismiss()
    results: list[str] = []

    def press() -> None:
        try:
            replay_handoff(handoff.pk, actor=stage.market.rep)
            results.append("replayed")
        except IllegalTransition:
            results.append("refused")
        finally:
            connection.close()

    tabs = [threading.Thread(target=press) for _ in range(2)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert sorted(results) == ["refused", "replayed"]


@fault("edited between sending and answer", core=True)
def edited_before_the_answer(stage: Stage) -> None:
    """Orders are changed again and again while the answer to an earlier change is on its way."""
    stage.misbehave({"mode": "slow", "seconds": 0.2, "times": 12})
    stage.sell(toggles=1)
    stage.work()
    eventually(stage.leased, "a lease")
    for _ in range(3):
        assert not stage.all_sent("warehouse")
        for order in stage.orders:
            stage.toggle(order)
    once(stage, stage.all_sent, "the end")


@fault("secret rotated", core=True)
def secret_rotated(stage: Stage) -> None:
    """The signing secret is rotated in the middle of a drain; old and new sign for a day."""
    warehouse = Connection.objects.get(code="warehouse")
    stage.misbehave({"mode": "slow", "seconds": 0.03})
    stage.sell()
    stage.work()
    eventually(stage.sent_some, "a beginning")
    rotate_secret(warehouse, Secret.Purpose.OUTBOUND)
    once(stage, stage.all_sent, "the end")
    secrets = warehouse.secrets.filter(purpose=Secret.Purpose.OUTBOUND)
    secrets.filter(expires_at=None).delete()
    secrets.update(expires_at=None)


@fault("paused with a backlog")
def paused_with_a_backlog(stage: Stage) -> None:
    """A person pauses the connection, and goes on when there is a backlog."""
    warehouse = Connection.objects.get(code="warehouse")
    pause_connection(warehouse)
    stage.sell(toggles=4)
    stage.work()
    others_flow(stage)
    resume_connection(warehouse)
    eventually(stage.all_sent, "the end")


@fault("address changed", core=True)
def address_changed(stage: Stage) -> None:
    """A person changes the address while there is a backlog."""
    stage.proxy.close_door()
    stage.sell()
    stage.work()
    comes(stage, Attempt.Outcome.UNREACHABLE)
    with Proxy(stage.sandbox.port) as other:
        stage.point_to(other.port)
        once(stage, stage.all_sent, "the end")
        assert other.met
