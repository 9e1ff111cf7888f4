"""Webhook endpoints in responses."""

from __future__ import annotations

from typing import Any

from api.representations.documents import at
from fulfilment.cloudevents import TYPE_PREFIX
from fulfilment.connectors.engine import AttemptResult
from fulfilment.models import Connection


def represent_endpoint(endpoint: Connection) -> dict[str, Any]:
    """Return an endpoint, without its secrets."""
    return {
        "id": str(endpoint.pk),
        "version": endpoint.version,
        "url": endpoint.url,
        "event_types": [TYPE_PREFIX + name for name in endpoint.event_types],
        "status": endpoint.status,
        "verified_at": at(endpoint.verified_at),
        "last_success_at": at(endpoint.health.last_success_at),
        "last_failure_at": at(endpoint.health.last_failure_at),
        "last_failure": endpoint.health.display_last_failure,
        "created_at": at(endpoint.created_at),
        "updated_at": at(endpoint.updated_at),
    }


def represent_result(result: AttemptResult) -> dict[str, Any]:
    """Return what was answered to a message of which nothing is kept."""
    answered = result.error or result.reply
    return {
        "outcome": result.outcome,
        "status_code": answered.status if answered else None,
        "duration_ms": result.duration_ms,
        "detail": str(result.detail),
        "answer": answered.head if answered else "",
        "started_at": at(result.started_at),
        "finished_at": at(result.finished_at),
    }
