"""Command ``relay``: delivers handoffs without a broker, on notifications of the database."""

from __future__ import annotations

import logging
import signal
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, close_old_connections

from common.command_line import seconds
from fulfilment.inbound.deferral import retry_deferred
from fulfilment.outbound import delivery_thread
from fulfilment.outbound.drain import drain
from fulfilment.outbound.listener import Listener
from fulfilment.reconciliation.due_reads import read_due_orders
from fulfilment.reconciliation.runs import continue_runs

log = logging.getLogger(__name__)

LONGEST_SLEEP = 0.1
"""Seconds after which a pause looks whether it should end."""


READING_SECONDS = 1.0
"""So long a sweep goes on with a comparison of all orders."""


class Command(BaseCommand):
    """``manage.py relay``, which runs beside the workers for when the broker is lost.

    It looks once a second, as a worker does on each sweep, and at once when the database notifies
    it: a process that saves notifies it while the broker does not answer.
    """

    help = "Deliver handoffs to external systems until stopped."
    is_stopped = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--once", action="store_true", help="stop when nothing is due")
        parser.add_argument("--every", type=seconds, default=1.0, help="seconds between two sweeps")

    def handle(self, *args: Any, **options: Any) -> None:
        """Deliver until SIGTERM or Ctrl-C; the requests under way are finished."""
        if options["once"]:
            retry_deferred()
            _read()
            drain()
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        listener = Listener(delivery_thread.wake)
        listener.start()
        self.stdout.write("Delivering handoffs; Ctrl-C stops.")
        self.stdout.flush()
        while not self.is_stopped:
            self._sweep()
            self._pause(options["every"])
        delivery_thread.stop()
        listener.stop()

    def _stop(self, *_: Any) -> None:
        # A threading.Event would deadlock: the signal may arrive while the loop holds its lock.
        self.is_stopped = True

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.is_stopped and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, LONGEST_SLEEP))

    def _sweep(self) -> None:
        """Do what no notification announces; survive a restart of the database."""
        delivery_thread.wake()
        try:
            retry_deferred()
            _read()
        except OperationalError as error:
            self.stderr.write(f"The database does not answer: {error}")
            close_old_connections()
        except Exception:
            log.exception("Deferred messages, and reads, are tried again in the next sweep.")


def _read() -> None:
    """Read orders of other systems that are due, and go on with a comparison of all."""
    read_due_orders()
    continue_runs(READING_SECONDS)
