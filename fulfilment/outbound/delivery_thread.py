"""Delivery thread: delivers in the background of a worker, so that no task waits for an answer.

Tasks and notifications only wake it. It claims for every connection as soon as it is woken or a
result arrives, whatever other connections do meanwhile.
"""

from __future__ import annotations

import logging
import threading
import time

from django.db import InterfaceError, OperationalError, connection

from fulfilment.connectors.engine import Engine
from fulfilment.outbound.drain import Delivery

log = logging.getLogger(__name__)

RETRY_SECONDS = 0.01
"""Pause before results that another transaction holds up are stored again."""

ERROR_SECONDS = 1.0
"""Pause after a second error in a row."""

MOST_ERRORS = 5
"""Errors in a row after which a thread that is stopped gives up."""


class DeliveryThread:
    """Starts with the first call of ``wake``, and again in a process forked since."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._engine = Engine()
        self._is_stopping = threading.Event()

    def wake(self) -> None:
        """Have the thread claim what is due, and return at once."""
        with self._lock:
            if self._is_stopping.is_set():
                return
            if self._thread is None or not self._thread.is_alive():
                self._engine = Engine()
                self._thread = threading.Thread(target=self._run, name="delivery", daemon=True)
                self._thread.start()
        self._engine.wake()

    def stop(self) -> None:
        """Finish the requests under way, store their results, and start nothing more."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is None or not thread.is_alive():
                return
            self._is_stopping.set()
        self._engine.finish()
        thread.join()
        self._is_stopping.clear()

    def _run(self) -> None:
        delivery, errors = Delivery(self._engine), 0
        while delivery.is_busy or not self._is_stopping.is_set():
            errors = 0 if self._survives(delivery) else errors + 1
            if errors:
                connection.close()
                self._engine.wake()
            if errors > 1:
                time.sleep(ERROR_SECONDS)
            if errors > MOST_ERRORS and self._is_stopping.is_set():
                break  # the leases run out, and what was sent is looked up
        connection.close()

    def _survives(self, delivery: Delivery) -> bool:
        """Take a turn; return whether it ended without an error."""
        try:
            self._turn(delivery)
        except (OperationalError, InterfaceError) as error:
            log.warning("The database does not answer: %s", error)
            return False
        except Exception:
            log.exception("Delivery goes on after an unexpected error.")
            return False
        return True

    def _turn(self, delivery: Delivery) -> None:
        """Wait for something to do; what is due is sent before results are stored."""
        steps = self._engine.collect(RETRY_SECONDS if delivery.unstored else None)
        self._claim(delivery)
        if steps or delivery.unstored:
            delivery.store(steps)
            self._claim(delivery)

    def _claim(self, delivery: Delivery) -> None:
        if not self._is_stopping.is_set():
            delivery.claim()


_thread = DeliveryThread()
wake = _thread.wake
stop = _thread.stop
