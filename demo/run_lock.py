"""Run lock: one run at a time per folder, also after a run that was killed.

The run itself holds the lock, and so do the watchdogs of its programs, which inherit the file. So a
run that gets the lock knows that every program of the run before has ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from demo.errors import DemoError

TIMEOUT = 30.0
"""Seconds the programs of a killed run may take to end."""


@contextlib.contextmanager
def run_lock(folder: Path, what: str) -> Iterator[int]:
    """Hold the lock during this run; yields the file descriptor that the programs inherit."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as file:
        deadline = time.monotonic() + TIMEOUT
        while not _try_lock(file.fileno()):
            if owner := _running_owner(folder):
                raise DemoError(f"{what} runs already (process {owner}); stop it first.")
            if time.monotonic() > deadline:
                raise DemoError(f"Programs of {what.lower()} before this one do not end.")
            time.sleep(0.1)
        _write_owner(folder)
        yield file.fileno()


def _try_lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_owner(folder: Path) -> None:
    owner = psutil.Process()
    text = json.dumps({"process": owner.pid, "started": owner.create_time()})
    (folder / "owner.json").write_text(text)


def _running_owner(folder: Path) -> int | None:
    """Return the pid of the run that holds the lock, unless only its programs are left."""
    with contextlib.suppress(OSError, ValueError, KeyError, psutil.Error):
        written = json.loads((folder / "owner.json").read_text())
        owner = psutil.Process(written["process"])
        alive = owner.status() != psutil.STATUS_ZOMBIE
        if alive and owner.create_time() == written["started"] and owner.pid != os.getpid():
            return int(owner.pid)
    return None
