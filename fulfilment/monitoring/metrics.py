"""Metrics of connections: waiting and refused handoffs, inbox, discrepancies; Prometheus format.

The number of statements does not depend on the number of connections.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Min, OuterRef, Q
from django.utils import timezone

from fulfilment import signing
from fulfilment.models import Connection, Discrepancy, Handoff, Health, InboundMessage, Secret
from fulfilment.reconciliation.sync_counts import SyncCounts, count_orders

State = Handoff.State


@dataclass(frozen=True, slots=True)
class ConnectionMetrics:
    """Metrics of one connection; ``oldest_seconds`` is the age of the oldest waiting handoff."""

    code: str
    name: str
    status: str
    breaker: str
    waiting: int
    needs_attention: int
    oldest_seconds: float
    deferred: int
    quarantined: int
    discrepancies: int
    last_failure: str
    oldest_deferred_seconds: float = 0.0
    """The age of the oldest message that waits for its document."""
    can_sign: bool = True
    can_verify: bool = True
    """Whether a secret of this direction is valid and can be read."""
    problem: str = ""
    """What is wrong with its settings."""
    id: uuid.UUID | None = None
    sync_counts: SyncCounts | None = None
    """How the orders stand that both sides edit; None for a connection without."""

    @property
    def drift(self) -> int:
        """Documents on which both sides are not known to agree; the aim is 0."""
        return self.needs_attention + self.quarantined + self.discrepancies

    @property
    def is_up(self) -> bool:
        """Whether messages may be sent now."""
        works = self.status == Connection.Status.ACTIVE and self.can_sign
        return works and self.breaker != Health.Breaker.OPEN


def collect_metrics() -> list[ConnectionMetrics]:
    """Measure every connection that is not disabled."""
    known = Connection.objects.exclude(status=Connection.Status.DISABLED).annotate(
        to_sign=_secrets(Secret.Purpose.OUTBOUND), to_verify=_secrets(Secret.Purpose.INBOUND)
    )
    handoffs = _handoffs()
    messages = _messages()
    connections = list(known.select_related("health").order_by("name"))
    sync_counts = count_orders([each.pk for each in connections if each.shares_orders])
    discrepancies = dict(
        Discrepancy.objects.filter(resolved_at__isnull=True)
        .values_list("connection")
        .annotate(count=Count("id"))
    )
    return [
        _metrics(
            connection,
            handoffs,
            messages,
            discrepancies.get(connection.pk, 0),
            sync_counts.get(connection.pk),
        )
        for connection in connections
    ]


def _secrets(purpose: Secret.Purpose) -> ArraySubquery:
    """Read the valid secrets of one direction along with each connection."""
    valid = Secret.objects.valid(purpose).filter(connection=OuterRef("pk"))
    return ArraySubquery(valid.values("ciphertext"))


def _handoffs() -> dict[uuid.UUID, tuple[int, int, dt.datetime | None]]:
    waiting = Q(state__in=Handoff.WAITING - {State.NEEDS_ATTENTION})
    rows = (
        Handoff.objects.filter(state__in=Handoff.WAITING)
        .values_list("lane__connection")
        .annotate(
            queued=Count("id", filter=waiting),
            stuck=Count("id", filter=Q(state=State.NEEDS_ATTENTION)),
            oldest=Min("created_at", filter=waiting),
        )
    )
    return {connection: (queued, stuck, oldest) for connection, queued, stuck, oldest in rows}


def _messages() -> dict[uuid.UUID, tuple[int, int, dt.datetime | None]]:
    result = InboundMessage.Result
    rows = (
        InboundMessage.objects.filter(
            result__in=[result.DEFERRED, result.QUARANTINED], resolved_at__isnull=True
        )
        .values_list("connection")
        .annotate(
            deferred=Count("id", filter=Q(result=result.DEFERRED)),
            quarantined=Count("id", filter=Q(result=result.QUARANTINED)),
            oldest=Min("received_at", filter=Q(result=result.DEFERRED)),
        )
    )
    return {
        connection: (deferred, refused, oldest) for connection, deferred, refused, oldest in rows
    }


def _metrics(
    connection: Any,
    handoffs: dict[uuid.UUID, tuple[int, int, dt.datetime | None]],
    messages: dict[uuid.UUID, tuple[int, int, dt.datetime | None]],
    discrepancies: int,
    sync_counts: SyncCounts | None,
) -> ConnectionMetrics:
    waiting, stuck, oldest = handoffs.get(connection.pk, (0, 0, None))
    deferred, quarantined, early = messages.get(connection.pk, (0, 0, None))
    return ConnectionMetrics(
        code=connection.code,
        name=connection.name,
        status=connection.status,
        breaker=connection.health.breaker,
        waiting=waiting,
        needs_attention=stuck,
        oldest_seconds=_age(oldest),
        oldest_deferred_seconds=_age(early),
        deferred=deferred,
        quarantined=quarantined,
        discrepancies=discrepancies,
        last_failure=connection.health.display_last_failure,
        can_sign=bool(signing.readable(connection.to_sign)),
        can_verify=bool(signing.readable(connection.to_verify)),
        problem=connection.problem,
        id=connection.pk,
        sync_counts=sync_counts,
    )


def _age(since: dt.datetime | None) -> float:
    """Return how many seconds ago a moment was; 0 without one."""
    return (timezone.now() - since).total_seconds() if since else 0.0


GAUGES = {
    "waiting": "Handoffs waiting to be delivered.",
    "needs_attention": "Refused handoffs that need a person.",
    "oldest_seconds": "Age of the oldest waiting handoff.",
    "deferred": "Inbound messages that wait for their document.",
    "oldest_deferred_seconds": "Age of the oldest message that waits for its document.",
    "quarantined": "Inbound messages that were not applied and need a person.",
    "discrepancies": "Discrepancies that are not decided.",
    "drift": "Documents on which both sides are not known to agree.",
}


ORDER_GAUGES: dict[str, tuple[str, Callable[[SyncCounts], float]]] = {
    "agree": (
        "Orders that both sides edit, and hold alike.",
        lambda counts: counts.agree,
    ),
    "out_of_sync": (
        "Orders that both sides edit, and do not hold alike.",
        lambda counts: counts.out_of_sync,
    ),
    "out_of_sync_oldest_seconds": (
        "Since when nothing was received of the oldest of them.",
        lambda sync_counts: _age(sync_counts.since),
    ),
}


def as_prometheus(measured: Iterable[ConnectionMetrics]) -> str:
    """Format metrics as Prometheus text."""
    connections = list(measured)
    lines: list[str] = []
    for gauge, help_text in GAUGES.items():
        values = {each.code: getattr(each, gauge) for each in connections}
        lines += _gauge(f"throughline_handoffs_{gauge}", help_text, values)
    for gauge, (help_text, measure) in ORDER_GAUGES.items():
        found = {each.code: measure(each.sync_counts) for each in connections if each.sync_counts}
        lines += _gauge(f"throughline_orders_{gauge}", help_text, found)
    up = {each.code: each.is_up for each in connections}
    lines += _gauge("throughline_connection_up", "Whether messages may be sent.", up)
    return "\n".join(lines) + "\n"


def _gauge(name: str, help_text: str, values: Mapping[str, float]) -> list[str]:
    return [
        f"# HELP {name} {help_text}",
        f"# TYPE {name} gauge",
        *(f'{name}{{connection="{code}"}} {value:g}' for code, value in values.items()),
    ]
