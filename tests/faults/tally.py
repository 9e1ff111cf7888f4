"""Counting what came of a fault: the invariants that hold whatever happens."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count

from fulfilment.models import Attempt, ExternalRef, Handoff, Lane
from sales.models import Order
from tests.faults.stage import Stage, pairs
from tests.fulfilment.processes import secret

LONGEST_SAVE = 0.5
"""Seconds a person may wait for a save, whatever the other systems do."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted after a fault; ``complaints`` are the invariants without a column."""

    events: int
    lost: int
    phantom: int
    duplicates: int
    out_of_order: int
    complaints: list[str] = field(default_factory=list)

    @property
    def counts(self) -> tuple[int, ...]:
        """The columns of the table."""
        return (self.events, self.lost, self.phantom, self.duplicates, self.out_of_order)

    @property
    def is_clean(self) -> bool:
        """Whether nothing is amiss."""
        wrong = self.lost + self.phantom + self.duplicates + self.out_of_order
        return not wrong and not self.complaints


def take_tally(stage: Stage) -> Tally:
    """Compare what we wrote down with what both other systems hold."""
    ledger = stage.sandbox.ask("GET", "/ledger")
    mine = Handoff.objects.exclude(message_id__in=stage.known)
    told = set(mine.filter(lane__connection__code="warehouse").values_list("message_id", flat=True))
    rows = [row for row in ledger if row["id"] in told]
    ours = set(Handoff.objects.values_list("message_id", flat=True))
    return Tally(
        events=len(told),
        lost=len(told - {row["id"] for row in rows if row["effects"]}),
        phantom=sum(row["id"] not in ours for row in ledger),
        duplicates=sum(max(row["effects"] - 1, 0) for row in rows),
        out_of_order=_out_of_order((row["source"], row["sequence"]) for row in rows),
        complaints=[
            *_of_the_queue(told),
            *_of_the_evidence(rows),
            *_of_the_bystander(stage, told),
            *_of_both_sides(stage),
            *_of_the_people(stage),
            *_of_the_logs(stage),
        ],
    )


def _out_of_order(arrivals: Iterable[tuple[str, int]]) -> int:
    by_source: defaultdict[str, list[int]] = defaultdict(list)
    for source, sequence in arrivals:
        by_source[source].append(sequence)
    return sum(later < earlier for line in by_source.values() for earlier, later in pairs(line))


def _of_the_queue(told: set[str]) -> list[str]:
    """Nothing waits, nobody holds a lease, and every lane counts right."""
    states = Handoff.objects.filter(message_id__in=told).values_list("state", flat=True)
    open_ = {str(state) for state in states} - {"accepted", "confirmed"}
    wrong = Lane.objects.exclude(pending=0, lease_token=None, is_blocked=False).count()
    return [f"still {state}" for state in sorted(open_)] + ["lanes off count"] * bool(wrong)


def _of_the_evidence(rows: list[dict[str, Any]]) -> list[str]:
    """What was transmitted is written down, so often at least."""
    pushes = Attempt.objects.filter(
        handoff__lane__connection__code="warehouse",
        handoff__message_id__in=[row["id"] for row in rows],
    ).values_list("handoff__message_id")
    noted = dict(pushes.annotate(times=Count("id")))
    bare = [row["id"] for row in rows if noted.get(row["id"], 0) < row["deliveries"]]
    return [f"{len(bare)} without evidence"] if bare else []


def _of_the_bystander(stage: Stage, told: set[str]) -> list[str]:
    """The other connection heard all of it, for the first time in order."""
    heard = dict(stage.bystander.heard)
    complaints = []
    if told - set(heard):
        complaints.append("the bystander missed some")
    mine = [event for message_id, event in heard.items() if message_id in told]
    if _out_of_order((event["source"], int(event["sequence"])) for event in mine):
        complaints.append("the bystander heard them out of order")
    return complaints


def _of_both_sides(stage: Stage) -> list[str]:
    """Both sides hold the same version of each order, under the reference we know."""
    theirs = {
        each["order_id"]: (each["version"], each["held"], each["reference"])
        for each in stage.sandbox.ask("GET", "/orders")
    }
    references = dict(
        ExternalRef.objects.filter(connection__code="warehouse").values_list(
            "record_id", "external_id"
        )
    )
    ours = {
        str(order.pk): (order.version, order.is_on_hold, references.get(order.pk))
        for order in Order.objects.filter(pk__in=[order.pk for order in stage.orders])
    }
    apart = [key for key, version in ours.items() if theirs.get(key) != version]
    return [f"{len(apart)} orders differ"] if apart else []


def _of_the_people(stage: Stage) -> list[str]:
    """Nobody waits for the outside world; half of the saves may be slowed by other things."""
    slow = stage.saves and statistics.median(stage.saves) > LONGEST_SAVE
    return ["saves were slow"] if slow else []


def _of_the_logs(stage: Stage) -> list[str]:
    """No log tells a secret."""
    texts = [path.read_text(errors="replace") for path in stage.folder.glob("*.log")]
    secrets = [
        secret(f"{way} {who}") for way in ("to", "from") for who in ("warehouse", "bystander")
    ]
    told = any(each.removeprefix("whsec_") in text for each in secrets for text in texts)
    return ["a log tells a secret"] if told else []
