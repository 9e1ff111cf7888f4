"""Command ``relay``: delivers handoffs without a broker, the same drain in a loop."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, close_old_connections

from fulfilment.inbound.deferral import retry_deferred
from fulfilment.outbound.drain import drain


class Command(BaseCommand):
    """``manage.py relay``, for when there is no broker or no Celery worker."""

    help = "Deliver handoffs to external systems until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--once", action="store_true", help="stop when nothing is due")
        parser.add_argument("--every", type=float, default=0.2, help="seconds between two drains")

    def handle(self, *args: Any, **options: Any) -> None:
        """Drain in a loop until SIGTERM or Ctrl-C."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("Delivering handoffs; Ctrl-C stops.")
        self.stdout.flush()
        while not stop.is_set():
            self._drain()
            if options["once"]:
                return
            stop.wait(options["every"])

    def _drain(self) -> None:
        """Apply deferred messages and drain; survive a restart of the database."""
        try:
            retry_deferred()
            drain()
        except OperationalError as error:
            self.stderr.write(f"The database does not answer: {error}")
            close_old_connections()
