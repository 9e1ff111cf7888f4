"""Programs out of wheels, started so that they outlive us."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE = 60.0
"""Seconds a server may take to answer, crash recovery included."""


class ServicesUnavailable(Exception):
    """The private servers cannot run here; the sentence says what to do."""


def wheel(package: str, variable: str, server: str) -> Path:
    """Where a wheel lies, or what to install instead of it."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise ServicesUnavailable(
            f"There is no {package} wheel for this platform: install {server} "
            f"and set {variable} to its address."
        )
    return Path(found.origin).parent


def spawn(
    command: list[str],
    log: Path,
    *,
    owner: pwd.struct_passwd | None = None,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server that outlives us, keeps none of our files and hears none of our signals."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command, **detached(folder or log.parent, owner), stdout=output, stderr=output
        )


def detached(folder: Path, owner: pwd.struct_passwd | None) -> dict[str, Any]:
    """Arguments of ``Popen`` for a program of its own session, environment and, for root, user."""
    stranger = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
    return {
        "cwd": folder,
        "env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        "stdin": subprocess.DEVNULL,
        "start_new_session": True,
        **stranger,
    }


def wait(server: subprocess.Popen[bytes], answers: Callable[[], bool]) -> bool:
    """Whether a server came to answer, before it died or patience ran out."""
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        if answers():
            return True
        time.sleep(0.03)
    return False


def reap(servers: list[subprocess.Popen[bytes]]) -> None:
    """Wait for servers that were told to stop, so that none is left a zombie."""
    while servers:
        servers.pop().wait(PATIENCE)


def write_privately(path: Path, text: str) -> None:
    """Replace a file by one that only its owner can read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def last_words(log: Path) -> str:
    """The last line of a server's log."""
    try:
        return log.read_text(errors="replace").strip().rpartition("\n")[2] or "it said nothing"
    except OSError:
        return f"see {log}"


def digest(path: Path) -> str:
    """A short name for a long path."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
