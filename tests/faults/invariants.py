"""Invariants: what must hold after every fault, counted in both systems."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from django.db.models import Count

from fulfilment.models import Attempt, ExternalRef, Handoff, Lane
from sales.models import Order
from tests.faults.testbed import Testbed
from tests.fulfilment.processes import secret

LONGEST_SAVE = 0.5
"""Seconds a person may wait for a save, whatever the external systems do."""


@dataclass(frozen=True, slots=True)
class InvariantReport:
    """Counts after a fault; ``violations`` are the broken invariants without a column."""

    events: int
    lost: int
    phantom: int
    duplicates: int
    out_of_order: int
    violations: list[str] = field(default_factory=list)

    @property
    def counts(self) -> tuple[int, ...]:
        """The columns of the table."""
        return (self.events, self.lost, self.phantom, self.duplicates, self.out_of_order)

    @property
    def is_clean(self) -> bool:
        """Whether every invariant holds."""
        wrong = self.lost + self.phantom + self.duplicates + self.out_of_order
        return not wrong and not self.violations


def check_invariants(testbed: Testbed) -> InvariantReport:
    """Compare our records with those of both external systems."""
    ledger = testbed.sandbox.ask("GET", "/ledger")
    handoffs = Handoff.objects.exclude(message_id__in=testbed.known)
    sent = set(
        handoffs.filter(lane__connection__code="warehouse").values_list("message_id", flat=True)
    )
    rows = [row for row in ledger if row["id"] in sent]
    ours = set(Handoff.objects.values_list("message_id", flat=True))
    return InvariantReport(
        events=len(sent),
        lost=len(sent - {row["id"] for row in rows if row["effects"]}),
        phantom=sum(row["id"] not in ours for row in ledger),
        duplicates=sum(max(row["effects"] - 1, 0) for row in rows),
        out_of_order=_out_of_order((row["source"], row["sequence"]) for row in rows),
        violations=[
            *_check_queue(sent),
            *_check_attempts(rows),
            *_check_healthy_system(testbed, sent),
            *_check_orders(testbed),
            *_check_saves(testbed),
            *_check_logs(testbed),
        ],
    )


def _out_of_order(arrivals: Iterable[tuple[str, int]]) -> int:
    by_source: defaultdict[str, list[int]] = defaultdict(list)
    for source, sequence in arrivals:
        by_source[source].append(sequence)
    return sum(later < earlier for line in by_source.values() for earlier, later in pairwise(line))


def _check_queue(sent: set[str]) -> list[str]:
    """Nothing is waiting, no lane is leased, and every lane's count is right."""
    states = Handoff.objects.filter(message_id__in=sent).values_list("state", flat=True)
    open_ = {str(state) for state in states} - {"accepted", "confirmed", "superseded"}
    wrong = Lane.objects.exclude(pending=0, lease_token=None, is_blocked=False).count()
    return [f"still {state}" for state in sorted(open_)] + ["lanes with a wrong count"] * bool(
        wrong
    )


def _check_attempts(rows: list[dict[str, Any]]) -> list[str]:
    """Every delivery has an attempt on record."""
    pushes = Attempt.objects.filter(
        handoff__lane__connection__code="warehouse",
        handoff__message_id__in=[row["id"] for row in rows],
    ).values_list("handoff__message_id")
    recorded = dict(pushes.annotate(times=Count("id")))
    missing = [row["id"] for row in rows if recorded.get(row["id"], 0) < row["deliveries"]]
    return [f"{len(missing)} deliveries without an attempt"] if missing else []


def _check_healthy_system(testbed: Testbed, sent: set[str]) -> list[str]:
    """The healthy system received all events, each first in order."""
    received = dict(testbed.healthy.received)
    violations = []
    if sent - set(received):
        violations.append("the healthy system missed some")
    events = [event for message_id, event in received.items() if message_id in sent]
    if _out_of_order((event["source"], int(event["sequence"])) for event in events):
        violations.append("the healthy system received them out of order")
    return violations


def _check_orders(testbed: Testbed) -> list[str]:
    """Both systems have the same version of each order, under the reference we stored."""
    theirs = {
        each["order_id"]: (each["version"], each["held"], each["reference"])
        for each in testbed.sandbox.ask("GET", "/orders")
    }
    references = dict(
        ExternalRef.objects.filter(connection__code="warehouse").values_list(
            "record_id", "external_id"
        )
    )
    ours = {
        str(order.pk): (order.version, order.is_on_hold, references.get(order.pk))
        for order in Order.objects.filter(pk__in=[order.pk for order in testbed.orders])
    }
    different = [key for key, version in ours.items() if theirs.get(key) != version]
    return [f"{len(different)} orders differ"] if different else []


def _check_saves(testbed: Testbed) -> list[str]:
    """No save waits for external systems, brokers or workers."""
    slow = [seconds for seconds in testbed.saves if seconds > LONGEST_SAVE]
    return [f"{len(slow)} saves were slow, one took {max(slow):.1f} s"] if slow else []


def _check_logs(testbed: Testbed) -> list[str]:
    """No log contains a secret."""
    texts = [path.read_text(errors="replace") for path in testbed.folder.glob("*.log")]
    secrets = [
        secret(f"{direction} {system}")
        for direction in ("to", "from")
        for system in ("warehouse", "healthy")
    ]
    leaked = any(each.removeprefix("whsec_") in text for each in secrets for text in texts)
    return ["a log contains a secret"] if leaked else []
