"""Faults of external systems: errors, lost answers, huge or wrong answers."""

from __future__ import annotations

import datetime as dt
from email.utils import format_datetime

from django.utils import timezone

from fulfilment.models import Attempt, Connection
from tests.faults.registry import fault
from tests.faults.testbed import Testbed, wait_skipping_pauses
from tests.fulfilment.processes import eventually

Outcome = Attempt.Outcome
Status = Connection.Status


def wait_for_outcome(testbed: Testbed, outcome: Outcome) -> None:
    """Wait for an attempt with this outcome."""
    attempts = Attempt.objects.filter(handoff__in=testbed.handoffs(), outcome=outcome)
    wait_skipping_pauses(testbed, attempts.exists, f"the outcome {outcome}")


def check_others_unaffected(testbed: Testbed) -> None:
    """Check that the healthy system receives everything while the warehouse does not."""
    eventually(lambda: testbed.all_sent("healthy"), "the end of the others' handoffs")
    assert not testbed.all_sent("warehouse")


@fault("500 for a while", core=True)
def errors_then_health(testbed: Testbed) -> None:
    """Every answer is 500 until the circuit breaker opens; then the warehouse recovers."""
    testbed.inject({"mode": "status", "code": 500})
    testbed.create_events()
    testbed.start_worker()
    check_others_unaffected(testbed)
    breaker = Connection.objects.filter(code="warehouse", health__breaker="open")
    wait_skipping_pauses(testbed, breaker.exists, "an open breaker")


@fault("answer lost", core=True)
def answer_lost(testbed: Testbed) -> None:
    """The record is created and the answer is lost; the warehouse does not deduplicate."""
    testbed.inject(
        {"mode": "commit_then_drop", "times": 5}, {"mode": "forget_idempotency", "times": 1000}
    )
    testbed.create_events()
    testbed.start_worker()
    wait_skipping_pauses(testbed, testbed.all_sent, "the end")


@fault("request lost", core=True)
def request_lost(testbed: Testbed) -> None:
    """The warehouse closes eight connections before it reads anything."""
    testbed.inject({"mode": "drop_before", "times": 8})
    testbed.create_events()
    testbed.start_worker()
    wait_skipping_pauses(testbed, testbed.all_sent, "the end")


@fault("endless answer", core=True)
def endless_answer(testbed: Testbed) -> None:
    """A good answer with a megabyte in front of it, and one that is a gzip bomb."""
    huge = {"mode": "huge", "megabytes": 1, "times": 2, "on": "push"}
    testbed.inject(huge, huge | {"gzip": True})
    testbed.create_events(toggles=1)
    testbed.start_worker()
    wait_skipping_pauses(testbed, testbed.all_sent, "the end")


@fault("redirect", core=True)
def redirect(testbed: Testbed) -> None:
    """A redirect to a private address, which is not followed."""
    testbed.inject({"mode": "redirect", "to": "http://169.254.169.254/latest/meta-data"})
    testbed.create_events(toggles=1)
    testbed.start_worker()
    wait_for_outcome(testbed, Outcome.BLOCKED)
    check_others_unaffected(testbed)


@fault("private address", core=True)
def private_address(testbed: Testbed) -> None:
    """The host name of the warehouse resolves to a private address; nothing is sent."""
    count = testbed.proxy.connections
    testbed.set_warehouse_url(testbed.proxy.port, host="warehouse.example")
    testbed.create_events(toggles=1)
    testbed.start_worker("resolves a name to a private address")
    wait_for_outcome(testbed, Outcome.BLOCKED)
    check_others_unaffected(testbed)
    assert testbed.proxy.connections == count


@fault("429 in every form", core=True)
def too_many_requests(testbed: Testbed) -> None:
    """Retry-After in seconds, as a date, missing, and with a 503."""
    soon = format_datetime(timezone.now() + dt.timedelta(seconds=2), usegmt=True)
    one = {"mode": "status", "code": 429, "times": 1}
    testbed.inject(
        one | {"retry_after": "1"},
        one | {"retry_after": soon},
        one,
        one | {"code": 503, "retry_after": "1"},
    )
    testbed.create_events(toggles=1)
    testbed.start_worker()
    wait_skipping_pauses(testbed, testbed.all_sent, "the end")
    busy = Attempt.objects.filter(handoff__in=testbed.handoffs(), outcome=Outcome.BUSY)
    assert busy.count() == 4


@fault("success without a reference", core=True)
def success_without_a_reference(testbed: Testbed) -> None:
    """200 without the reference: it is looked up, and no second record is created."""
    testbed.inject({"mode": "garbage", "times": 6, "on": "push"}, {"mode": "forget_idempotency"})
    testbed.create_events(toggles=1)
    testbed.start_worker()
    wait_skipping_pauses(testbed, testbed.all_sent, "the end")


@fault("sign-in refused", core=True)
def sign_in_refused(testbed: Testbed) -> None:
    """Every answer is 401 until the secret is corrected."""
    testbed.inject({"mode": "status", "code": 401})
    testbed.create_events(toggles=1)
    testbed.start_worker()
    refused = Connection.objects.filter(code="warehouse", status=Status.AUTH_FAILED)
    eventually(refused.exists, "a refused sign-in")
    check_others_unaffected(testbed)


@fault("gone", core=True)
def gone(testbed: Testbed) -> None:
    """410: nothing more is sent until a person resumes the connection."""
    testbed.inject({"mode": "status", "code": 410})
    testbed.create_events(toggles=1)
    testbed.start_worker()
    eventually(
        Connection.objects.filter(code="warehouse", status=Status.GONE).exists, "a connection gone"
    )
    check_others_unaffected(testbed)
