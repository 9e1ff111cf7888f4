"""Background tasks of the API."""

from __future__ import annotations

from celery import shared_task

from api.idempotency import forget_old


@shared_task(name="api.forget_responses")
def forget_responses() -> int:
    """Delete the responses of idempotency keys that were kept long enough."""
    return forget_old()
