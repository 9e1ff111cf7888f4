"""Celery tasks: each only triggers a drain; the table, not the broker, is the queue."""

from __future__ import annotations

from celery import current_app, shared_task

from fulfilment.inbound.deferral import retry_deferred
from fulfilment.outbound.drain import drain as drain_lanes

MOST_WAITING = 10
"""With so many tasks in the broker's queue, no further one is added."""


@shared_task(name="fulfilment.drain", expires=30)
def drain() -> None:
    """Deliver what is due."""
    drain_lanes()


@shared_task(name="fulfilment.sweep")
def sweep() -> None:
    """Do what no wake-up announces: due retries, and deferred messages whose document has come."""
    retry_deferred()
    drain_lanes()


def wake_workers() -> None:
    """Have a worker drain now; the task expires, because the sweep does the same.

    Tasks do not pile up while there is no worker: the next one would have to work through them.
    """
    with current_app.producer_or_acquire() as producer:
        waiting = producer.channel.client.llen(current_app.conf.task_default_queue)
        if waiting < MOST_WAITING:
            drain.apply_async(producer=producer)
