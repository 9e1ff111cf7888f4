"""Deliveries to webhook endpoints in responses."""

from __future__ import annotations

from typing import Any

from api.representations.documents import at
from fulfilment.cloudevents import attributes
from fulfilment.models import Attempt, Handoff


def represent_head(delivery: Any) -> dict[str, Any]:
    """Return a delivery as lists have it: without what was sent and answered."""
    event = attributes(delivery.event)
    return {
        "id": str(delivery.pk),
        "endpoint": str(delivery.lane.connection_id),
        "message_id": delivery.message_id,
        "event_type": event["type"],
        "source": event["source"],
        "subject": event["subject"],
        "status": delivery.state,
        "cause": delivery.display_cause,
        "created_at": at(delivery.created_at),
        "delivered_at": at(delivery.delivered_at),
        "updated_at": at(delivery.changed_at),
    }


def represent_delivery(delivery: Handoff) -> dict[str, Any]:
    """Return a delivery with the body that is sent, and every attempt."""
    return {
        **represent_head(delivery),
        "body": delivery.payload.body,
        "attempts": [_represent_attempt(each) for each in delivery.attempts.order_by("id")],
    }


def _represent_attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "outcome": attempt.outcome,
        "status_code": attempt.status_code,
        "duration_ms": attempt.duration_ms,
        "detail": attempt.display_detail,
        "answer": attempt.response_head,
        "started_at": at(attempt.started_at),
        "finished_at": at(attempt.finished_at),
    }
