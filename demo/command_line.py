"""Command line of the demo and the story: output, errors and signals."""

from __future__ import annotations

import logging
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from django.conf import settings

from demo.errors import DemoError
from demo.supervisor import Supervisor

Print = Callable[[str], None]

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def print_line(text: str = "") -> None:
    """Print a line without buffering."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def errors_as_messages(*, stopped: int = 0) -> Iterator[None]:
    """End the command with one sentence on an error, or with status ``stopped`` on a signal."""
    try:
        yield
    except DemoError as error:
        sys.stderr.write(f"throughline: {error}\n")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print_line("Stopped.")
        raise SystemExit(stopped) from None


def refuse_production() -> None:
    """Refuse to run in production: the passwords are known, and the sandbox is open to anyone."""
    if not settings.DEBUG:
        raise DemoError("Sample data, story and demo need DEBUG=true: they are not for production.")


def reduce_logging() -> None:
    """Keep log lines out of the output; the programs write theirs to files."""
    logging.getLogger("django_structlog").setLevel(logging.WARNING)


def stop_on_signals() -> None:
    """Raise KeyboardInterrupt at the first signal and ignore further ones."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        for other in STOP_SIGNALS:
            signal.signal(other, signal.SIG_IGN)
        print_line("\nStopping.")
        raise KeyboardInterrupt

    for number in STOP_SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, stop)


def serve_until_stopped(run: Supervisor) -> NoReturn:
    """Watch the programs until a signal arrives or one of them ends."""
    while True:
        run.check()
        time.sleep(0.5)
