"""Celery's door to the services: each task only says "look now"."""

from __future__ import annotations

from celery import current_app, shared_task

from fulfilment.inbound.deferral import retry_deferred
from fulfilment.outbound.drain import drain as drain_lanes

ENOUGH = 10
"""With so many tasks waiting, one more hint tells nobody anything."""


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
    """Have a worker look now; the hint itself is worth nothing after a while.

    Hints do not pile up while there is no worker: the next one would have to wade through them.
    """
    with current_app.producer_or_acquire() as producer:
        waiting = producer.channel.client.llen(current_app.conf.task_default_queue)
        if waiting < ENOUGH:
            drain.apply_async(producer=producer)
