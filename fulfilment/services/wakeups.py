"""Wake-ups: asks the workers to drain now, from a background thread that never blocks a save.

The table is the queue; a lost wake-up delays a handoff until the next sweep, one second. The thread
is needed because a broker that accepts a connection and never answers would block the save.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Callable

from django.db import connection, transaction

log = logging.getLogger(__name__)

CHANNEL = "throughline_handoffs"
"""The channel of PostgreSQL on which ``relay`` listens."""

NOTIFY = "SELECT set_config('synchronous_commit', 'off', true), pg_notify(%s, '')"
"""Does not wait for the disk: a lost notification is a second's delay."""

WakeWorkers = Callable[[], None]


class WorkerNotifier:
    """Calls ``wake_workers`` from a background thread; calls that pile up become one."""

    def __init__(self) -> None:
        self._wake_workers: WakeWorkers | None = None
        self._waiting: queue.Queue[None] = queue.Queue(maxsize=1)
        self._thread: threading.Thread | None = None
        self._process = 0
        self._lock = threading.Lock()

    def connect(self, wake_workers: WakeWorkers | None) -> None:
        """Set the function that wakes the workers; with None nothing is called."""
        self._wake_workers = wake_workers

    def notify(self) -> None:
        """Request a call and return at once."""
        if self._wake_workers is None:
            return
        self._ensure_thread()
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            return  # the request that is already waiting is enough

    def _ensure_thread(self) -> None:
        """Start the thread on first use, and again in a process forked since."""
        with self._lock:
            alive = self._thread is not None and self._thread.is_alive()
            if alive and self._process == os.getpid():
                return
            self._process = os.getpid()
            self._waiting = queue.Queue(maxsize=1)
            self._thread = threading.Thread(
                target=self._run, args=(self._waiting,), name="worker-notifier", daemon=True
            )
            self._thread.start()

    def _run(self, waiting: queue.Queue[None]) -> None:
        while True:
            waiting.get()
            try:
                if self._wake_workers is not None:
                    self._wake_workers()
            except Exception as error:  # noqa: BLE001  # whatever the broker does, the sweep follows
                log.warning("The workers could not be woken: %s", error)


_notifier = WorkerNotifier()
connect = _notifier.connect


def wake_workers_after_commit() -> None:
    """Wake the workers after the commit; after a rollback do nothing."""
    transaction.on_commit(_notifier.notify, robust=True)


def notify_relay() -> None:
    """Have ``relay`` deliver now, through the database; not in the transaction of a save.

    Commits that notify wait for each other, so that every save would wait for the one before.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute(NOTIFY, [CHANNEL])
    finally:
        connection.close()
