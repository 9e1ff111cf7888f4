"""How the handoffs are doing: figures per connection, and what somebody should look at.

A few statements in all, however many connections there are.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from fulfilment.models import Connection, Discrepancy, Handoff, Health, InboundMessage

State = Handoff.State
Severity = Literal["warning", "critical"]

TOO_OLD = dt.timedelta(minutes=10)
"""A handoff that has waited longer than this is late, whatever the reason."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """One connection in figures; ``oldest_seconds`` is the age of what has waited longest."""

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

    @property
    def drift(self) -> int:
        """Documents on which the two sides are not known to agree. The aim is none."""
        return self.needs_attention + self.quarantined + self.discrepancies


@dataclass(frozen=True, slots=True)
class Alert:
    """Something a person should look at."""

    severity: Severity
    code: str
    connection: str
    text: str


def take_vitals() -> list[Vitals]:
    """Measure every connection that is not disabled."""
    connections = Connection.objects.exclude(status=Connection.Status.DISABLED)
    handoffs = _handoffs()
    messages = _messages()
    differences = dict(
        Discrepancy.objects.filter(resolved_at__isnull=True)
        .values_list("connection")
        .annotate(count=Count("id"))
    )
    return [
        _vitals(connection, handoffs, messages, differences.get(connection.pk, 0))
        for connection in connections.select_related("health").order_by("name")
    ]


def raise_alerts(vitals: Iterable[Vitals]) -> list[Alert]:
    """Say what somebody should look at, the worst first."""
    alerts = [alert for each in vitals for alert in _alerts(each)]
    return sorted(alerts, key=lambda alert: alert.severity != "critical")


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


def _messages() -> dict[uuid.UUID, tuple[int, int]]:
    result = InboundMessage.Result
    rows = (
        InboundMessage.objects.filter(result__in=[result.DEFERRED, result.QUARANTINED])
        .values_list("connection")
        .annotate(
            deferred=Count("id", filter=Q(result=result.DEFERRED)),
            quarantined=Count("id", filter=Q(result=result.QUARANTINED)),
        )
    )
    return {connection: (deferred, quarantined) for connection, deferred, quarantined in rows}


def _vitals(
    connection: Connection,
    handoffs: dict[uuid.UUID, tuple[int, int, dt.datetime | None]],
    messages: dict[uuid.UUID, tuple[int, int]],
    discrepancies: int,
) -> Vitals:
    waiting, stuck, oldest = handoffs.get(connection.pk, (0, 0, None))
    deferred, quarantined = messages.get(connection.pk, (0, 0))
    return Vitals(
        code=connection.code,
        name=connection.name,
        status=connection.status,
        breaker=connection.health.breaker,
        waiting=waiting,
        needs_attention=stuck,
        oldest_seconds=(timezone.now() - oldest).total_seconds() if oldest else 0.0,
        deferred=deferred,
        quarantined=quarantined,
        discrepancies=discrepancies,
        last_failure=connection.health.last_failure,
    )


def _alerts(each: Vitals) -> Iterator[Alert]:
    words = {"name": each.name, "why": each.last_failure}
    if each.status == Connection.Status.AUTH_FAILED:
        text = gettext("%(name)s does not accept our signature: rotate the secret.") % words
        yield Alert("critical", "auth_failed", each.code, text)
    if each.status == Connection.Status.GONE:
        yield Alert("critical", "gone", each.code, gettext("%(name)s says it is gone.") % words)
    if each.status == Connection.Status.ACTIVE and each.breaker != Health.Breaker.CLOSED:
        text = gettext("%(name)s does not answer: %(why)s") % words
        yield Alert("critical", "not_answering", each.code, text)
    if each.oldest_seconds > TOO_OLD.total_seconds():
        yield Alert("warning", "late", each.code, _late(each))
    for code, count, text in _counted(each):
        if count:
            yield Alert("warning", code, each.code, text % {"name": each.name, "count": count})


def _late(each: Vitals) -> str:
    text = ngettext(
        "%(count)d handoff waits for %(name)s, for %(minutes)d min.",
        "%(count)d handoffs wait for %(name)s, the oldest for %(minutes)d min.",
        each.waiting,
    )
    minutes = int(each.oldest_seconds // 60)
    return text % {"name": each.name, "count": each.waiting, "minutes": minutes}


def _counted(each: Vitals) -> list[tuple[str, int, str]]:
    """Name each kind of trouble that is counted, with its sentence."""
    stuck, strange, undecided = each.needs_attention, each.quarantined, each.discrepancies
    return [
        (
            "needs_attention",
            stuck,
            ngettext(
                "%(count)d handoff to %(name)s needs a person.",
                "%(count)d handoffs to %(name)s need a person.",
                stuck,
            ),
        ),
        (
            "quarantined",
            strange,
            ngettext(
                "%(count)d message of %(name)s fits no document.",
                "%(count)d messages of %(name)s fit no document.",
                strange,
            ),
        ),
        (
            "discrepancies",
            undecided,
            ngettext(
                "%(count)d difference with %(name)s is undecided.",
                "%(count)d differences with %(name)s are undecided.",
                undecided,
            ),
        ),
    ]


GAUGES = {
    "waiting": "Handoffs on their way.",
    "needs_attention": "Handoffs that need a person.",
    "oldest_seconds": "Age of the handoff that has waited longest.",
    "deferred": "Messages that wait for their document.",
    "quarantined": "Messages that fit no document.",
    "discrepancies": "Differences nobody has decided.",
    "drift": "Documents on which the two sides are not known to agree.",
}


def as_prometheus(vitals: Iterable[Vitals]) -> str:
    """Write the figures in Prometheus' text format."""
    measured = list(vitals)
    lines: list[str] = []
    for gauge, help_text in GAUGES.items():
        values = {each.code: getattr(each, gauge) for each in measured}
        lines += _gauge(f"throughline_handoffs_{gauge}", help_text, values)
    up = {each.code: is_up(each) for each in measured}
    lines += _gauge("throughline_connection_up", "Whether messages may flow.", up)
    return "\n".join(lines) + "\n"


def _gauge(name: str, help_text: str, values: Mapping[str, float]) -> list[str]:
    return [
        f"# HELP {name} {help_text}",
        f"# TYPE {name} gauge",
        *(f'{name}{{connection="{code}"}} {value:g}' for code, value in values.items()),
    ]


def is_up(each: Vitals) -> bool:
    """Say whether messages may flow to a connection now."""
    return each.status == Connection.Status.ACTIVE and each.breaker != Health.Breaker.OPEN
