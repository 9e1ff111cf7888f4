"""What the demo and the story have in common: a place to run, signals, and plain words."""

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

from demo.errors import Halted
from demo.supervisor import Supervisor

Say = Callable[[str], None]

STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def say(words: str = "") -> None:
    """Print a line at once, terminal or not."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


@contextmanager
def plainly(*, stopped: int = 0) -> Iterator[None]:
    """End the command with one sentence where it cannot go on, or as ``stopped`` when told to."""
    try:
        yield
    except Halted as error:
        sys.stderr.write(f"throughline: {error}\n")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        say("Stopped.")
        raise SystemExit(stopped) from None


def refuse_production() -> None:
    """Keep known passwords and a clerk anybody can play out of a house that people work in."""
    if not settings.DEBUG:
        raise Halted("Sample data, story and demo need DEBUG=true: they are not for production.")


def hush_logs() -> None:
    """Leave the screen to the story; what the programs have to say is in their files."""
    logging.getLogger("django_structlog").setLevel(logging.WARNING)


def stop_on_signals() -> None:
    """Leave in order when told to, and do not let a second signal cut that short."""

    def leave(number: int, frame: FrameType | None) -> NoReturn:
        for other in STOP:
            signal.signal(other, signal.SIG_IGN)
        say("\nStopping.")
        raise KeyboardInterrupt

    for number in STOP:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, leave)


def serve_until_stopped(run: Supervisor) -> NoReturn:
    """Watch the programs until somebody stops us or one of them ends."""
    while True:
        run.check()
        time.sleep(0.5)
