"""Other systems that are in trouble, hang up, say too much, or say something else."""

from __future__ import annotations

import datetime as dt
from email.utils import format_datetime

from django.utils import timezone

from fulfilment.models import Attempt, Connection
from tests.faults.registry import fault
from tests.faults.stage import Stage, once
from tests.fulfilment.processes import eventually

Outcome = Attempt.Outcome
Status = Connection.Status


def comes(stage: Stage, outcome: Outcome) -> None:
    """Wait for a try that ends so."""
    tries = Attempt.objects.filter(handoff__in=stage.handoffs(), outcome=outcome)
    once(stage, tries.exists, f"the outcome {outcome}")


def others_flow(stage: Stage) -> None:
    """See that the bystander gets everything while the warehouse is in trouble."""
    eventually(lambda: stage.all_sent("bystander"), "what is for the others")
    assert not stage.all_sent("warehouse")


@fault("500 for a while", core=True)
def errors_then_health(stage: Stage) -> None:
    """Every answer is 500 until the breaker opens; then the warehouse heals."""
    stage.misbehave({"mode": "status", "code": 500})
    stage.sell()
    stage.work()
    others_flow(stage)
    breaker = Connection.objects.filter(code="warehouse", health__breaker="open")
    once(stage, breaker.exists, "an open breaker")


@fault("answer lost", core=True)
def answer_lost(stage: Stage) -> None:
    """The record is made and the answer is lost; the warehouse forgets what it has seen."""
    stage.misbehave(
        {"mode": "commit_then_drop", "times": 5}, {"mode": "forget_idempotency", "times": 1000}
    )
    stage.sell()
    stage.work()
    once(stage, stage.all_sent, "the end")


@fault("request lost", core=True)
def request_lost(stage: Stage) -> None:
    """The warehouse hangs up before it has read anything, at every third request or so."""
    stage.misbehave({"mode": "drop_before", "times": 8})
    stage.sell()
    stage.work()
    once(stage, stage.all_sent, "the end")


@fault("endless answer", core=True)
def endless_answer(stage: Stage) -> None:
    """A good answer with a megabyte in front of it, and one that is a gzip bomb."""
    huge = {"mode": "huge", "megabytes": 1, "times": 2, "on": "push"}
    stage.misbehave(huge, huge | {"gzip": True})
    stage.sell(toggles=1)
    stage.work()
    once(stage, stage.all_sent, "the end")


@fault("redirect", core=True)
def redirect(stage: Stage) -> None:
    """A redirect to an address inside the house; nobody follows it."""
    stage.misbehave({"mode": "redirect", "to": "http://169.254.169.254/latest/meta-data"})
    stage.sell(toggles=1)
    stage.work()
    comes(stage, Outcome.BLOCKED)
    others_flow(stage)


@fault("address inside the house", core=True)
def address_inside_the_house(stage: Stage) -> None:
    """The name of the warehouse comes to lead to an address inside the house; nothing is sent."""
    ours = Connection.objects.filter(code="warehouse")
    allowed, met = ours.get().allowed_networks, stage.proxy.met
    stage.point_to(stage.proxy.port, host="localhost")
    ours.update(allowed_networks=[])
    stage.sell(toggles=1)
    stage.work()
    comes(stage, Outcome.BLOCKED)
    others_flow(stage)
    assert stage.proxy.met == met
    ours.update(allowed_networks=allowed)


@fault("429 in every form", core=True)
def too_many_requests(stage: Stage) -> None:
    """Asked to wait: in seconds, until a date, without saying how long, and by a 503."""
    soon = format_datetime(timezone.now() + dt.timedelta(seconds=2), usegmt=True)
    one = {"mode": "status", "code": 429, "times": 1}
    stage.misbehave(
        one | {"retry_after": "1"},
        one | {"retry_after": soon},
        one,
        one | {"code": 503, "retry_after": "1"},
    )
    stage.sell(toggles=1)
    stage.work()
    once(stage, stage.all_sent, "the end")
    busy = Attempt.objects.filter(handoff__in=stage.handoffs(), outcome=Outcome.BUSY)
    assert busy.count() == 4


@fault("yes without a reference", core=True)
def yes_without_a_reference(stage: Stage) -> None:
    """200 with garbage where a reference is needed: it is looked up, never made twice."""
    stage.misbehave({"mode": "garbage", "times": 6, "on": "push"}, {"mode": "forget_idempotency"})
    stage.sell(toggles=1)
    stage.work()
    once(stage, stage.all_sent, "the end")


@fault("sign-in refused", core=True)
def sign_in_refused(stage: Stage) -> None:
    """401 to everything, until the secret is looked at."""
    stage.misbehave({"mode": "status", "code": 401})
    stage.sell(toggles=1)
    stage.work()
    refused = Connection.objects.filter(code="warehouse", status=Status.AUTH_FAILED)
    eventually(refused.exists, "a refused sign-in")
    others_flow(stage)


@fault("gone", core=True)
def gone(stage: Stage) -> None:
    """410: nothing more is sent until somebody says so."""
    stage.misbehave({"mode": "status", "code": 410})
    stage.sell(toggles=1)
    stage.work()
    eventually(
        Connection.objects.filter(code="warehouse", status=Status.GONE).exists, "a connection gone"
    )
    others_flow(stage)
