"""Looks at orders in a reconcile run: the first by pages, the second one by one, with repairs."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q

from common.json_reading import find_unstorable
from common.sentences import Sentence
from fulfilment.connectors import ChangesPage
from fulfilment.errors import Unreachable
from fulfilment.models import (
    Connection,
    ExternalRef,
    ReconcileFinding,
    ReconcileRun,
    SyncState,
)
from fulfilment.reconciliation.finding_status import (
    REPAIRED,
    existing_id,
    find_order,
    leave_unread,
    repair,
    state_of,
    status_of_theirs,
)
from fulfilment.reconciliation.pages import find_agreeing
from fulfilment.reconciliation.reads import (
    OrderRead,
    Read,
    database_now,
    read_changes,
    read_order,
    read_orders,
)
from fulfilment.reconciliation.snapshots import is_news, is_older, sequence_of
from fulfilment.services.order_sync.order_identity import claimant, missing_there
from fulfilment.services.order_sync.sync_states import ORDER
from sales.models import Order

log = logging.getLogger(__name__)

FindingStatus = ReconcileFinding.Status

LONGEST_SILENCE = dt.timedelta(hours=1)
"""After this time an order that is not answered is left to a person, and the run goes on."""

PAGE = 100
"""Orders on a page of their changes."""


class LeaseLost(Exception):
    """Somebody else goes on with the run: this worker was away for too long."""


@dataclass(frozen=True, slots=True)
class PageRead:
    """Whether the last page was read, or why none was."""

    is_over: bool
    problem: str | Sentence = ""


def read_page(run: ReconcileRun) -> PageRead:
    """Look at a page of what changed there; what does not agree is kept for a second look."""
    read = next_page(run)
    if read.value is None:
        return PageRead(is_over=False, problem=read.problem)
    agreeing = () if run.went_back else find_agreeing(run.connection, read.value.orders)
    agree = len(agreeing)
    for theirs in read.value.orders:
        if theirs["id"] in agreeing:
            continue
        status = status_of_theirs(run.connection, theirs)
        if status is FindingStatus.AGREES and not run.went_back:
            agree += 1
        else:
            keep_finding(run, theirs, status)
    keep_unidentified(run, read.value)
    return turn_page(run, read.value, agree=agree)


def next_page(run: ReconcileRun) -> Read[ChangesPage]:
    """Read the next page; from the beginning if their data went back to an older copy."""
    read = read_changes(run.connection, run.cursor, PAGE)
    if read.value is None or run.latest:
        return read
    run.latest = read.value.latest[:200]
    if run.cursor and (
        _is_before(run.latest, run.cursor) or _went_back(run.connection, read.value)
    ):
        run.went_back, run.cursor = True, ""
        read = read_changes(run.connection, run.cursor, PAGE)
    return read


def _went_back(connection: Connection, page: ChangesPage) -> bool:
    """Whether the order that they changed last, as far as we know, is older there by now.

    Their last change of all may be newer than any that we know, and hides that. It is read once
    more only if it is not on the page that was read.
    """
    states = SyncState.objects.filter(connection=connection, record_type=ORDER)
    state = states.exclude(snapshot={}).order_by("-snapshot_sequence").first()
    if state is None or _is_missing(connection, state):
        return False
    name = state.snapshot["order"]["id"]
    listed = next((each for each in page.orders if each.get("id") == name), None)
    if listed is not None:
        return sequence_of(listed) < state.snapshot_sequence
    read = read_order(connection, name)
    if read.error is not None:
        return False
    return read.value is None or sequence_of(read.value) < state.snapshot_sequence


def _is_missing(connection: Connection, state: SyncState) -> bool:
    opened = missing_there(connection, state.record_id).filter(resolved_at__isnull=True)
    return bool(opened.exists())


def turn_page(run: ReconcileRun, page: ChangesPage, **counted: int) -> PageRead:
    """Keep that a page was read, unless somebody else goes on with the run meanwhile."""
    is_over = not page.has_more or page.next == run.cursor
    run.cursor = page.next[:200]
    kept = {"cursor": run.cursor, "latest": run.latest, "went_back": run.went_back}
    counted["read_count"] = len(page.orders) + len(page.unidentified)
    added = {name: F(name) + number for name, number in counted.items()}
    held = ReconcileRun.objects.filter(pk=run.pk, lease_token=run.lease_token)
    if not held.update(**kept, **added):
        raise LeaseLost
    return PageRead(is_over)


def keep_finding(run: ReconcileRun, theirs: Mapping[str, Any], status: FindingStatus) -> None:
    """Keep an order that does not agree, once."""
    keys: dict[str, Any] = {
        "run": run,
        "order_id": find_order(run.connection, theirs),
        "external_id": str(theirs["id"])[:100],
    }
    ReconcileFinding.objects.get_or_create(
        **keys,
        defaults={
            "number": str(theirs.get("number") or "")[:100],
            "sequence": theirs.get("sequence"),
            "status": status,
        },
    )


def keep_unidentified(run: ReconcileRun, page: ChangesPage) -> None:
    """Keep the orders of a page that cannot be read; one without an id is not looked at again."""
    for theirs, problem in page.unidentified:
        name = theirs.get("id")
        is_named = isinstance(name, str) and find_unstorable(name, 0) is None
        key = str(name)[:100] if is_named else ""
        log.warning("Order %r of %s cannot be read: %s", key, run.connection.code, problem)
        order_id = existing_id(claimant(run.connection, key)) if key else None
        keys: dict[str, Any] = {"run": run, "order_id": order_id, "external_id": key}
        ReconcileFinding.objects.get_or_create(
            **keys,
            defaults={
                "status": FindingStatus.DIFFERS if order_id else FindingStatus.MISSING_HERE,
                "looked_again": not key,
            },
        )


def add_own(run: ReconcileRun) -> None:
    """Add our orders of which they do not know the latest; all, if their data went back."""
    here = Order.objects.filter(pk=OuterRef("record_id"))
    states = SyncState.objects.filter(Exists(here), connection=run.connection, record_type=ORDER)
    if not run.went_back:
        states = states.filter(
            ~Q(pushes=[]) | Q(received_at__isnull=True) | Q(must_send_again=True)
        )
    found = set(run.findings.exclude(order=None).values_list("order", flat=True))
    refs = dict(
        ExternalRef.objects.filter(
            connection=run.connection, record_type=ORDER, record_id__in=states.values("record_id")
        ).values_list("record_id", "external_id")
    )
    ReconcileFinding.objects.bulk_create(
        ReconcileFinding(
            run=run,
            order_id=order_id,
            external_id=refs.get(order_id, ""),
            status=FindingStatus.IN_FLIGHT,
        )
        for order_id in states.values_list("record_id", flat=True)
        if order_id not in found
    )


def second_pass(run: ReconcileRun) -> PageRead:
    """Read the next orders that did not agree, and repair them.

    Where none of them is answered, they are read again after a pause, for an hour.
    """
    at_once = max(1, run.connection.max_in_flight)
    left = run.findings.filter(looked_again=False)
    findings = list(left.select_related("order")[:at_once])
    reads = _read(run.connection, findings)
    is_silent = bool(reads) and all(isinstance(each.error, Unreachable) for each in reads)
    if is_silent and database_now() < run.started_at + LONGEST_SILENCE:
        return PageRead(is_over=False, problem=reads[0].problem)
    for finding, read in zip(findings, reads, strict=True):
        finding.status = _second(run, finding, read)
        finding.looked_again = True
        finding.save(update_fields=["status", "looked_again", "order"])
    return PageRead(is_over=not findings)


def _read(connection: Connection, findings: Sequence[ReconcileFinding]) -> list[OrderRead]:
    """Read orders there; one whose id there is not known is none."""
    named = [each.external_id for each in findings if each.external_id]
    reads = iter(read_orders({connection: named})[connection] if named else ())
    now = database_now()
    return [next(reads) if each.external_id else Read(None, now) for each in findings]


def _second(run: ReconcileRun, finding: ReconcileFinding, read: OrderRead) -> FindingStatus:
    if read.error is not None:
        return leave_unread(run.connection, read, finding.order_id)
    repairs = run.findings.filter(looked_again=True, status__in=REPAIRED).count()
    if repairs >= run.most_repairs:
        ReconcileRun.objects.filter(pk=run.pk).update(reached_ceiling=True)
        return _unrepaired(run, read)
    if _is_recent(run.connection, finding, read):
        return FindingStatus.IN_FLIGHT
    status = repair(run.connection, read, finding.order_id)
    if finding.order_id is None and read.value is not None:
        finding.order_id = find_order(run.connection, read.value)
    return status


def _unrepaired(run: ReconcileRun, read: OrderRead) -> FindingStatus:
    """Say how an order stands that is not repaired any more."""
    if read.value is None:
        return FindingStatus.MISSING_THERE
    status = status_of_theirs(run.connection, read.value)
    return FindingStatus.DIFFERS if status is FindingStatus.IN_FLIGHT else status


def _is_recent(connection: Connection, finding: ReconcileFinding, read: OrderRead) -> bool:
    """Whether their order changed since the first look, so that its message is on its way."""
    if read.value is None or finding.order_id is None:
        return False
    state = state_of(connection, finding.order_id)
    seen = finding.sequence
    is_recent = seen is None or state.snapshot_sequence >= seen
    return is_recent and is_news(state, read.value) and not is_older(state, read.value)


def end_run(run: ReconcileRun) -> None:
    """End a run with what it counted."""
    counts = dict(run.findings.order_by().values_list("status").annotate(count=Count("pk")))
    agree = counts.pop(FindingStatus.AGREES, 0)
    run.ended_at = database_now()
    ReconcileRun.objects.filter(pk=run.pk).update(
        ended_at=run.ended_at,
        agree=F("agree") + agree,
        lease_token=None,
        leased_until=None,
        **{name: F(name) + number for name, number in counts.items()},
    )


def _is_before(cursor: str, other: str) -> bool:
    """Compare two cursors: numbers, or moments.

    >>> _is_before("9", "10"), _is_before("2026-11-22T01:20:00Z", "2026-11-21T23:00:00Z")
    (True, False)
    """
    if cursor.isdigit() and other.isdigit():
        return int(cursor) < int(other)
    return cursor < other
