"""Processes that serve another one end with it, even when it is killed."""

from __future__ import annotations

import os
import signal
import threading
import time

SECONDS_BETWEEN_LOOKS = 0.5


def follow_parent() -> None:
    """Ask this process to end, as by SIGTERM, once its parent is gone."""
    parent = os.getppid()
    threading.Thread(target=_watch, args=[parent], name="parent", daemon=True).start()


def follow_parent_if_told() -> None:
    """Do so when the environment says ``LEAVE_WITH_PARENT``, as make and the demo do."""
    if os.environ.get("LEAVE_WITH_PARENT"):
        follow_parent()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(SECONDS_BETWEEN_LOOKS)
    os.kill(os.getpid(), signal.SIGTERM)
