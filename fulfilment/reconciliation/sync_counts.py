"""Counts of a connection: how many orders both systems hold alike, and why the others are not."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, Count, Exists, F, Min, OuterRef, Q, QuerySet, When
from django.db.models import Value as Constant
from django.db.models.functions import Coalesce

from fulfilment.models import (
    Connection,
    Discrepancy,
    Handoff,
    InboundMessage,
    ReconcileFinding,
    SyncState,
)
from fulfilment.services.order_sync.sync_states import ORDER
from sales.models import Order

FindingStatus = ReconcileFinding.Status
CHANGED = "supply.order.changed"


@dataclass(frozen=True, slots=True)
class SyncCounts:
    """How the orders of a connection stand; ``since`` is when the oldest that does not agree did.

    Each order counts once, under the first reason of these: missing, differs, in flight.
    """

    agree: int = 0
    in_flight: int = 0
    differ: int = 0
    missing_here: int = 0
    missing_there: int = 0
    since: dt.datetime | None = None

    @property
    def total(self) -> int:
        """All orders that either side shares."""
        return self.agree + self.out_of_sync

    @property
    def out_of_sync(self) -> int:
        """The orders that do not agree."""
        return self.in_flight + self.differ + self.missing_here + self.missing_there


@dataclass(frozen=True, slots=True)
class OutOfSyncOrder:
    """An order that does not agree, and why; ``message_id`` is ours of the message that waits."""

    status: FindingStatus
    number: str
    order_id: uuid.UUID | None
    since: dt.datetime
    message_id: uuid.UUID | None = None


def count_orders(connections: Sequence[uuid.UUID]) -> dict[uuid.UUID, SyncCounts]:
    """Count the orders of connections by how they stand; two statements for all."""
    rows = (
        status_of(SyncState.objects.filter(connection__in=connections))
        .values_list("connection", "status")
        .annotate(count=Count("pk"), since=Min(Coalesce("received_at", "updated_at")))
        .order_by()
    )
    found: dict[uuid.UUID, dict[str, int]] = {each: {} for each in connections}
    since: dict[uuid.UUID, list[dt.datetime]] = {each: [] for each in connections}
    for connection, status, count, oldest in rows:
        found[connection][status] = count
        if status != FindingStatus.AGREES:
            since[connection].append(oldest)
    for connection, count, oldest in _unknown(connections):
        found[connection][FindingStatus.MISSING_HERE] = count
        since[connection].append(oldest)
    return {
        key: SyncCounts(
            agree=counts.get(FindingStatus.AGREES, 0),
            in_flight=counts.get(FindingStatus.IN_FLIGHT, 0),
            differ=counts.get(FindingStatus.DIFFERS, 0),
            missing_here=counts.get(FindingStatus.MISSING_HERE, 0),
            missing_there=counts.get(FindingStatus.MISSING_THERE, 0),
            since=min(since[key], default=None),
        )
        for key, counts in found.items()
    }


def orders_out_of_sync(connection: Connection, most: int) -> list[OutOfSyncOrder]:
    """List orders that do not agree, the oldest first; two statements."""
    states = status_of(SyncState.objects.filter(connection=connection))
    rows = (
        states.exclude(status=FindingStatus.AGREES)
        .annotate(since=Coalesce("received_at", "updated_at"))
        .order_by("since")
        .values_list("status", "snapshot__order__number", "record_id", "since")
    )
    found = [
        OutOfSyncOrder(FindingStatus(each), number or "", key, since)
        for each, number, key, since in rows[:most]
    ]
    waiting = _quarantined([connection.pk]).order_by("id")
    found += [
        OutOfSyncOrder(FindingStatus.MISSING_HERE, subject, None, since, message_id=key)
        for key, subject, since in waiting.values_list("pk", "subject", "received_at")[:most]
    ]
    return sorted(found, key=lambda each: each.since)[:most]


def status_of(states: QuerySet[SyncState]) -> QuerySet[Any]:
    """Read the status of each order along."""
    opened = Discrepancy.objects.open().filter(
        connection=OuterRef("connection"), record_id=OuterRef("record_id")
    )
    missing = opened.filter(kind=Discrepancy.Kind.MISSING_THERE)
    unapplied = InboundMessage.objects.unapplied().filter(
        connection=OuterRef("connection"), root_id=OuterRef("record_id")
    )
    waiting = Handoff.objects.filter(
        lane__connection=OuterRef("connection"),
        lane__root_id=OuterRef("record_id"),
        event__subject_id=F("lane__root_id"),
        state__in=Handoff.WAITING,
    )
    in_flight = (
        ~Q(pushes=[])
        | Q(must_send_again=True)
        | Q(received_at__isnull=True)
        | Q(read_due_at__isnull=False)
        | Exists(waiting)
    )
    here = Order.objects.filter(pk=OuterRef("record_id"))
    return states.filter(Exists(here), record_type=ORDER).annotate(
        status=Case(
            When(Exists(missing), then=Constant(FindingStatus.MISSING_THERE.value)),
            When(Exists(opened) | Exists(unapplied), then=Constant(FindingStatus.DIFFERS.value)),
            When(in_flight, then=Constant(FindingStatus.IN_FLIGHT.value)),
            default=Constant(FindingStatus.AGREES.value),
            output_field=CharField(),
        )
    )


def _quarantined(connections: Sequence[uuid.UUID]) -> QuerySet[InboundMessage]:
    """Keep the messages that wait with an order which is not here."""
    return InboundMessage.objects.unapplied().filter(
        connection__in=connections, type=CHANGED, root_id__isnull=True
    )


def _unknown(connections: Sequence[uuid.UUID]) -> list[tuple[uuid.UUID, int, dt.datetime]]:
    rows = _quarantined(connections).values_list("connection").order_by()
    return list(rows.annotate(count=Count("subject", distinct=True), since=Min("received_at")))
