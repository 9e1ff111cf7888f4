"""Parent process: ends this process once the one that started it is gone, even if it was killed."""

from __future__ import annotations

import os
import signal
import threading
import time

POLL_SECONDS = 0.5


def exit_with_parent() -> None:
    """Send this process SIGTERM once its parent is gone."""
    parent = os.getppid()
    threading.Thread(target=_poll, args=[parent], name="parent", daemon=True).start()


def exit_with_parent_if_configured() -> None:
    """Do so when the environment sets ``EXIT_WITH_PARENT``, as make and the demo do."""
    if os.environ.get("EXIT_WITH_PARENT"):
        exit_with_parent()


def _poll(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
