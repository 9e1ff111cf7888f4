"""Alerts: conditions of connections that need a person, derived from their metrics."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext, ngettext

from fulfilment.models import Connection, Health
from fulfilment.monitoring.metrics import ConnectionMetrics

Severity = Literal["warning", "critical"]

LATE_AFTER = dt.timedelta(minutes=10)
"""Age from which a handoff or a message that waits is an alert, whatever the reason."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One condition of a connection that a person should look at."""

    severity: Severity
    code: str
    connection: str
    text: str


def alerts_for(measured: Iterable[ConnectionMetrics]) -> list[Alert]:
    """List the alerts of all connections, the critical ones first."""
    alerts = [alert for metrics in measured for alert in _alerts(metrics)]
    return sorted(alerts, key=lambda alert: alert.severity != "critical")


def _alerts(metrics: ConnectionMetrics) -> Iterator[Alert]:
    for code, text in _failures(metrics):
        yield Alert("critical", code, metrics.code, text)
    if metrics.problem:
        text = gettext("A setting of %(name)s is not valid. %(problem)s")
        sentence = text % {"name": metrics.name, "problem": metrics.problem}
        yield Alert("warning", "misconfigured", metrics.code, sentence)
    if metrics.oldest_seconds > LATE_AFTER.total_seconds():
        yield Alert("warning", "late", metrics.code, _late(metrics))
    if metrics.oldest_deferred_seconds > LATE_AFTER.total_seconds():
        yield Alert("warning", "deferred", metrics.code, _deferred(metrics))
    for code, count, text in _counted(metrics):
        if count:
            sentence = text % {"name": metrics.name, "count": count}
            yield Alert("warning", code, metrics.code, sentence)


def _failures(metrics: ConnectionMetrics) -> Iterator[tuple[str, str]]:
    """Name what stops all messages to or from a connection, with its sentence."""
    values = {"name": metrics.name, "reason": metrics.last_failure}
    yield from _unreadable_secrets(metrics)
    if metrics.status == Connection.Status.AUTH_FAILED:
        text = gettext("%(name)s does not accept our signature: rotate the secret.")
        yield "auth_failed", text % values
    if metrics.status == Connection.Status.GONE:
        text = gettext("%(name)s answers that its address is gone: correct the URL.")
        yield "gone", text % values
    is_paused = metrics.can_sign and metrics.breaker != Health.Breaker.CLOSED
    if metrics.status == Connection.Status.ACTIVE and is_paused:
        text = gettext("Nothing is sent to %(name)s, but for a try now and then: %(reason)s")
        yield "not_answering", text % values


def _unreadable_secrets(metrics: ConnectionMetrics) -> Iterator[tuple[str, str]]:
    values = {"name": metrics.name}
    if not metrics.can_sign:
        text = gettext(
            "Nothing is sent to %(name)s: no secret to sign with can be read; "
            "rotate it, or put the old key back into FIELD_ENCRYPTION_KEYS."
        )
        yield "unsigned", text % values
    if not metrics.can_verify:
        text = gettext(
            "Messages from %(name)s are refused: no secret to verify them can be read; "
            "rotate it, or put the old key back into FIELD_ENCRYPTION_KEYS."
        )
        yield "unverified", text % values


def _late(metrics: ConnectionMetrics) -> str:
    text = ngettext(
        "%(count)d handoff to %(name)s has been waiting for %(minutes)d min.",
        "%(count)d handoffs to %(name)s are waiting, the oldest for %(minutes)d min.",
        metrics.waiting,
    )
    minutes = int(metrics.oldest_seconds // 60)
    return text % {"name": metrics.name, "count": metrics.waiting, "minutes": minutes}


def _deferred(metrics: ConnectionMetrics) -> str:
    text = ngettext(
        "%(count)d message from %(name)s has been waiting for its document for %(minutes)d min.",
        "%(count)d messages from %(name)s wait for documents, the oldest for %(minutes)d min.",
        metrics.deferred,
    )
    minutes = int(metrics.oldest_deferred_seconds // 60)
    return text % {"name": metrics.name, "count": metrics.deferred, "minutes": minutes}


def _counted(metrics: ConnectionMetrics) -> list[tuple[str, int, str]]:
    """Name each condition that is counted, with its count and its sentence."""
    refused, unmatched = metrics.needs_attention, metrics.quarantined
    undecided = metrics.discrepancies
    return [
        (
            "needs_attention",
            refused,
            ngettext(
                "%(count)d handoff was refused by %(name)s: "
                "send it again, skip it, or mark it as handled outside.",
                "%(count)d handoffs were refused by %(name)s: "
                "send them again, skip them, or mark them as handled outside.",
                refused,
            ),
        ),
        (
            "quarantined",
            unmatched,
            ngettext(
                "%(count)d message from %(name)s was not applied: apply it again or set it aside.",
                "%(count)d messages from %(name)s were not applied: "
                "apply them again or set them aside.",
                unmatched,
            ),
        ),
        (
            "discrepancies",
            undecided,
            ngettext(
                "%(count)d value differs from %(name)s and is not decided.",
                "%(count)d values differ from %(name)s and are not decided.",
                undecided,
            ),
        ),
    ]
