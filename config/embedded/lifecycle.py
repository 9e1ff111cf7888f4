"""Lifecycle of the embedded servers: the first process starts them, the last one stops them.

Every process that uses them holds a shared lock on ``in-use``; the kernel releases it however the
process ends, so a process that then finds the lock free is the last one and stops the servers. A
process that exits normally does so itself. For one that is killed, the idle shutdown process does,
which only waits for that lock. Starting and stopping happen under a second lock, ``lock``.
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
IDLE_SHUTDOWN_LOCK = "idle-shutdown.lock"
_children: list[subprocess.Popen[bytes]] = []
"""Referenced here, since Python warns when a running child is garbage-collected."""


@dataclass(frozen=True, slots=True)
class ServiceUrls:
    """URLs of the embedded servers; empty for one that was not requested."""

    database_url: str
    redis_url: str


def use(var: Path, *, database: bool = True, broker: bool = True) -> ServiceUrls:
    """Start the servers or use the running ones, and release them when this process ends."""
    home = var.absolute() / "services"
    with _as_services_unavailable():
        home.mkdir(parents=True, exist_ok=True)
        with _exclusive_lock(home):
            in_use = (home / "in-use").open("a")
            fcntl.flock(in_use, fcntl.LOCK_SH)
            _start_idle_shutdown(home)
            services = ServiceUrls(
                database_url=postgres.start(home) if database else "",
                redis_url=valkey.start(home) if broker else "",
            )
    atexit.register(_release, home, in_use, os.getpid())
    return services


def stop_when_unused(home: Path) -> None:
    """Wait until no process uses the servers, then stop them."""
    with (home / IDLE_SHUTDOWN_LOCK).open("a") as only_one, (home / "in-use").open("a") as in_use:
        if not _try_lock(only_one):
            return
        while True:
            fcntl.flock(in_use, fcntl.LOCK_EX)
            fcntl.flock(in_use, fcntl.LOCK_UN)
            with _exclusive_lock(home):
                if _try_lock(in_use):
                    valkey.stop(home)
                    postgres.stop(home)
                    return


def _release(home: Path, in_use: IO[str], owner_pid: int) -> None:
    """Release the lock and stop unused servers; a forked child leaves that to its parent."""
    if os.getpid() != owner_pid:
        return
    ignoring = contextlib.suppress(OSError, ServicesUnavailable, subprocess.SubprocessError)
    with ignoring, _exclusive_lock(home), in_use:
        if _is_last(in_use):
            valkey.stop(home)
            postgres.stop(home)


def _is_last(in_use: IO[str]) -> bool:
    while not _try_lock(in_use):
        if _try_lock(in_use, fcntl.LOCK_SH):
            return False
        time.sleep(0.01)  # the idle shutdown process holds it for a moment
    return True


def _start_idle_shutdown(home: Path) -> None:
    with (home / IDLE_SHUTDOWN_LOCK).open("a") as only_one:
        if not _try_lock(only_one):
            return
    child = spawn(
        [sys.executable, "-m", "config.embedded.idle_shutdown", str(home)],
        home / "idle-shutdown.log",
        folder=CHECKOUT,
    )
    _children.append(child)


def _try_lock(file: IO[str], kind: int = fcntl.LOCK_EX) -> bool:
    """Take the lock if it is free."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def _exclusive_lock(home: Path) -> Iterator[None]:
    with (home / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _as_services_unavailable() -> Iterator[None]:
    try:
        yield
    except (OSError, subprocess.SubprocessError) as error:
        raise ServicesUnavailable(
            f"The private PostgreSQL and Valkey cannot run here ({error}); "
            "set DATABASE_URL and REDIS_URL to use servers of your own."
        ) from error
