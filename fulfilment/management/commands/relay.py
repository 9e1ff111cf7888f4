"""Command ``relay``: delivers handoffs without a broker, the same drain in a loop."""

from __future__ import annotations

import signal
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, close_old_connections

from fulfilment.inbound.deferral import retry_deferred
from fulfilment.outbound.drain import drain

LONGEST_SLEEP = 0.1
"""Seconds after which a pause looks whether it should end."""


class Command(BaseCommand):
    """``manage.py relay``, for when there is no broker or no Celery worker."""

    help = "Deliver handoffs to external systems until stopped."
    is_stopped = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--once", action="store_true", help="stop when nothing is due")
        parser.add_argument("--every", type=float, default=0.2, help="seconds between two drains")

    def handle(self, *args: Any, **options: Any) -> None:
        """Drain in a loop until SIGTERM or Ctrl-C."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self.stdout.write("Delivering handoffs; Ctrl-C stops.")
        self.stdout.flush()
        while not self.is_stopped:
            self._drain()
            if options["once"]:
                return
            self._pause(options["every"])

    def _stop(self, *_: Any) -> None:
        # A threading.Event would deadlock: the signal may arrive while the loop holds its lock.
        self.is_stopped = True

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.is_stopped and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, LONGEST_SLEEP))

    def _drain(self) -> None:
        """Apply deferred messages and drain; survive a restart of the database."""
        try:
            retry_deferred()
            drain()
        except OperationalError as error:
            self.stderr.write(f"The database does not answer: {error}")
            close_old_connections()
