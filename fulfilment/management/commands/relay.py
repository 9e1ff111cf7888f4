"""Carries handoffs without a broker: the same engine in a plain loop."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, close_old_connections

from fulfilment.inbound.deferral import retry_deferred
from fulfilment.outbound.drain import drain


class Command(BaseCommand):
    """``manage.py relay`` for when there is no Celery worker."""

    help = "Carry handoffs to the other systems until told to stop."

    def add_arguments(self, parser: CommandParser) -> None:
        """Describe the options."""
        parser.add_argument("--once", action="store_true", help="stop when nothing is due")
        parser.add_argument("--every", type=float, default=0.2, help="seconds between looks")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, carry, rest."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("Carrying handoffs; Ctrl-C stops.")
        self.stdout.flush()
        while not stop.is_set():
            self._look()
            if options["once"]:
                return
            stop.wait(options["every"])

    def _look(self) -> None:
        """Do what is due; a database that restarts is waited for."""
        try:
            retry_deferred()
            drain()
        except OperationalError as error:
            self.stderr.write(f"The database does not answer: {error}")
            close_old_connections()
