"""One run at a time per folder, also after a run that was killed.

The folder's lock is held by the run itself and by the tethers of its programs, which inherit it; so
whoever takes the lock knows that every program of the run before is gone.
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

from demo.errors import Halted

PATIENCE = 30.0
"""Seconds the programs of a killed run may take to leave."""


@contextlib.contextmanager
def alone_in(folder: Path, what: str) -> Iterator[int]:
    """Hold the folder for this run; the lock's file is handed on to the programs."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as file:
        deadline = time.monotonic() + PATIENCE
        while not _locked(file.fileno()):
            if runner := _living_runner(folder):
                raise Halted(f"{what} runs already (process {runner}); stop it first.")
            if time.monotonic() > deadline:
                raise Halted(f"Programs of {what.lower()} before this one do not end.")
            time.sleep(0.1)
        _sign(folder)
        yield file.fileno()


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(folder: Path) -> None:
    runner = psutil.Process()
    words = json.dumps({"process": runner.pid, "started": runner.create_time()})
    (folder / "runner.json").write_text(words)


def _living_runner(folder: Path) -> int | None:
    """Find the process that holds the folder, unless it is gone and only its programs linger."""
    with contextlib.suppress(OSError, ValueError, KeyError, psutil.Error):
        signed = json.loads((folder / "runner.json").read_text())
        runner = psutil.Process(signed["process"])
        alive = runner.status() != psutil.STATUS_ZOMBIE
        if alive and runner.create_time() == signed["started"] and runner.pid != os.getpid():
            return int(runner.pid)
    return None
