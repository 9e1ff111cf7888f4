"""Celery's door to the services: each task only says "look now"."""

from __future__ import annotations

from celery import shared_task

from fulfilment.services.deferral import retry_deferred
from fulfilment.services.drain import drain as drain_lanes


@shared_task(name="fulfilment.drain", expires=30)
def drain() -> None:
    """Carry what is due."""
    drain_lanes()


@shared_task(name="fulfilment.sweep")
def sweep() -> None:
    """Find what no nudge told of: retries that are due, messages whose document has come."""
    retry_deferred()
    drain_lanes()


def wake_workers() -> None:
    """Have a worker look now; the hint itself is worth nothing after a while."""
    drain.delay()
