"""Who uses the servers of a checkout, and who stops them.

Every process that uses them holds a shared lock on ``in-use``; the kernel lets go of it however the
process ends, so whoever then finds the lock free is the last one and stops the servers: the process
itself when it leaves in order, else the keeper, a small process that does nothing but wait for that
lock. Starting and stopping happen under a second lock, ``lock``.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from config.embedded import postgres, valkey
from config.embedded.processes import ServicesUnavailable, spawn

CHECKOUT = Path(__file__).resolve().parents[2]
_keepers: list[subprocess.Popen[bytes]] = []
"""Kept, since forgetting a child that still runs is a warning."""


@dataclass(frozen=True, slots=True)
class Services:
    """Where the private servers answer; empty for one that was not asked for."""

    database_url: str
    redis_url: str


def use(var: Path, *, database: bool = True, broker: bool = True) -> Services:
    """Start the servers, or join those that run, and let go of them when this process ends."""
    home = var.absolute() / "services"
    with _told_plainly():
        home.mkdir(parents=True, exist_ok=True)
        with _alone(home):
            in_use = (home / "in-use").open("a")
            fcntl.flock(in_use, fcntl.LOCK_SH)
            _hire_keeper(home)
            services = Services(
                database_url=postgres.start(home) if database else "",
                redis_url=valkey.start(home) if broker else "",
            )
    atexit.register(_leave, home, in_use, os.getpid())
    return services


def keep(home: Path) -> None:
    """Wait until nobody uses the servers, then stop them. The body of the keeper process."""
    with (home / "keeper").open("a") as post, (home / "in-use").open("a") as in_use:
        if not _locked(post):
            return
        while True:
            fcntl.flock(in_use, fcntl.LOCK_EX)
            fcntl.flock(in_use, fcntl.LOCK_UN)
            with _alone(home):
                if _locked(in_use):
                    valkey.stop(home)
                    postgres.stop(home)
                    return


def _leave(home: Path, in_use: IO[str], starter: int) -> None:
    """Let go; the last one out turns off the lights. A forked child leaves that to its parent."""
    if os.getpid() != starter:
        return
    quietly = contextlib.suppress(OSError, ServicesUnavailable, subprocess.SubprocessError)
    with quietly, _alone(home), in_use:
        if _is_last(in_use):
            valkey.stop(home)
            postgres.stop(home)


def _is_last(in_use: IO[str]) -> bool:
    while not _locked(in_use):
        if _locked(in_use, fcntl.LOCK_SH):
            return False
        time.sleep(0.01)  # the keeper is looking at the lock just now
    return True


def _hire_keeper(home: Path) -> None:
    with (home / "keeper").open("a") as post:
        if not _locked(post):
            return
    keeper = spawn(
        [sys.executable, "-m", "config.embedded.keeper", str(home)],
        home / "keeper.log",
        folder=CHECKOUT,
    )
    _keepers.append(keeper)


def _locked(file: IO[str], kind: int = fcntl.LOCK_EX) -> bool:
    """Take the lock if it is to be had at once."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def _alone(home: Path) -> Iterator[None]:
    with (home / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except (OSError, subprocess.SubprocessError) as error:
        raise ServicesUnavailable(
            f"The private PostgreSQL and Valkey cannot run here ({error}); "
            "set DATABASE_URL and REDIS_URL to use servers of your own."
        ) from error
