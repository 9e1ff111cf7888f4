"""Workers by the dozen: one process that has loaded everything and forks a worker per line."""

from __future__ import annotations

import os
import signal
import sys
import time
from importlib import import_module

import django
from django.db import connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()


def work() -> None:
    """Carry handoffs until killed."""
    drain = import_module("fulfilment.services.drain").drain
    while True:
        drain()
        time.sleep(0.02)


if __name__ == "__main__":
    import_module("fulfilment.services.drain")
    connections.close_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            work()
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
