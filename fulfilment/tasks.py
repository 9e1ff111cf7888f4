"""Celery tasks: they only wake the delivery thread; the table, not the broker, is the queue."""

from __future__ import annotations

import logging
import time
from typing import Any

from celery import current_app, shared_task
from celery.signals import worker_process_shutdown, worker_shutdown
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from fulfilment.inbound.deferral import retry_deferred
from fulfilment.outbound import delivery_thread
from fulfilment.reconciliation.due_reads import read_due_orders
from fulfilment.reconciliation.runs import continue_runs, start_nightly_runs
from fulfilment.services.wakeups import notify_relay

log = logging.getLogger(__name__)

MOST_WAITING = 10
"""With so many tasks in the broker's queue, no further one is added."""

BROKER_ERRORS = (KombuError, RedisError, OSError)

BROKER_PAUSE = 5.0
"""Seconds for which a broker that does not answer is not tried again."""


@shared_task(name="fulfilment.drain", expires=30)
def drain() -> None:
    """Deliver what is due."""
    delivery_thread.wake()


@shared_task(name="fulfilment.sweep")
def sweep() -> None:
    """Do what no wake-up announces: due retries, and deferred messages whose document has come."""
    delivery_thread.wake()
    retry_deferred()


@shared_task(name="fulfilment.read_orders", expires=10)
def read_orders() -> None:
    """Read orders of other systems that are due, and go on with a comparison of all."""
    read_due_orders()
    continue_runs()


@shared_task(name="fulfilment.reconcile", expires=3600)
def reconcile() -> None:
    """Start comparing all orders with every connection that edits them too."""
    start_nightly_runs()


@worker_process_shutdown.connect
@worker_shutdown.connect
def finish_deliveries(**signal: Any) -> None:
    """Finish the requests under way before a worker's process ends."""
    delivery_thread.stop()


class Wakeup:
    """Wakes the workers through the broker, or ``relay`` through the database without one."""

    def __init__(self) -> None:
        self._lost_until = 0.0

    def __call__(self) -> None:
        """Have somebody deliver now; a broker that was lost is tried again after a while."""
        if time.monotonic() < self._lost_until:
            notify_relay()
            return
        try:
            _send_drain()
        except BROKER_ERRORS as error:
            log.warning("The broker is lost, the relay is notified: %s", error)
            self._lost_until = time.monotonic() + BROKER_PAUSE
            notify_relay()


wake_workers = Wakeup()


def _send_drain() -> None:
    """Have a worker deliver now; the task expires, because the sweep does the same.

    Tasks do not pile up while there is no worker: the next one would have to work through them.
    """
    with current_app.producer_or_acquire() as producer:
        waiting = producer.channel.client.llen(current_app.conf.task_default_queue)
        if waiting < MOST_WAITING:
            drain.apply_async(producer=producer)
