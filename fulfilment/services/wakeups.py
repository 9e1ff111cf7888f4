"""Telling the workers to look now, without making anybody wait for it.

The table is the queue; a nudge that is lost costs a second, never a handoff. It leaves from a
thread of its own, because a broker that accepts and never answers would hold up the save.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Callable

from django.db import transaction

log = logging.getLogger(__name__)

Bell = Callable[[], None]


class Nudger:
    """Rings a bell from a background thread; rings that pile up become one."""

    def __init__(self) -> None:
        self._bell: Bell | None = None
        self._waiting: queue.Queue[None] = queue.Queue(maxsize=1)
        self._thread: threading.Thread | None = None
        self._process = 0
        self._lock = threading.Lock()

    def connect(self, bell: Bell | None) -> None:
        """Say what wakes the workers; None keeps silence."""
        self._bell = bell

    def nudge(self) -> None:
        """Ask for the bell and return at once."""
        if self._bell is None:
            return
        self._ensure_thread()
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            return  # the ring that is already waiting will do

    def _ensure_thread(self) -> None:
        """Start the thread on first use, and again in a process forked since."""
        with self._lock:
            alive = self._thread is not None and self._thread.is_alive()
            if alive and self._process == os.getpid():
                return
            self._process = os.getpid()
            self._waiting = queue.Queue(maxsize=1)
            self._thread = threading.Thread(
                target=self._run, args=(self._waiting,), name="nudger", daemon=True
            )
            self._thread.start()

    def _run(self, waiting: queue.Queue[None]) -> None:
        while True:
            waiting.get()
            try:
                if self._bell is not None:
                    self._bell()
            except Exception as error:  # noqa: BLE001 - whatever the broker does, the sweep comes
                log.warning("The workers could not be nudged: %s", error)


_nudger = Nudger()
connect = _nudger.connect


def nudge_after_commit() -> None:
    """Wake the workers once the work is there to be seen; a rollback wakes nobody."""
    transaction.on_commit(_nudger.nudge, robust=True)


def nudge() -> None:
    """Wake the workers now."""
    _nudger.nudge()
