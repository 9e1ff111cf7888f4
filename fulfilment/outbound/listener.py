"""Listener: wakes the delivery thread on notifications of PostgreSQL, for a lost broker."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import Error, connection

from fulfilment.services.wakeups import CHANNEL

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""How long it listens before it looks whether it should stop."""

RECONNECT_SECONDS = 1.0
"""Pause before it connects again after it lost the database."""


class Listener:
    """Listens in a thread of its own, on a database connection of its own."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._is_stopped = False
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)

    def start(self) -> None:
        """Start listening."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait until it has."""
        self._is_stopped = True
        self._thread.join()

    def _run(self) -> None:
        while not self._is_stopped:
            try:
                self._listen()
            except (Error, psycopg.Error) as error:
                log.warning("Notifications are not received: %s", error)
                time.sleep(RECONNECT_SECONDS)
            finally:
                connection.close()

    def _listen(self) -> None:
        """Listen until stopped; what was committed before is looked for at once."""
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
        session: psycopg.Connection[Any] = connection.connection
        self._wake()
        while not self._is_stopped:
            for _ in session.notifies(timeout=LOOK_SECONDS):
                self._wake()
