"""Processes of the embedded servers: found in wheels, detached from the one that starts them."""

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

START_TIMEOUT = 60.0
"""Seconds a server may take to answer, crash recovery included."""


class ServicesUnavailable(Exception):
    """The embedded servers cannot run here; the message says what to do."""


def wheel_folder(package: str, variable: str, server: str) -> Path:
    """Return the folder of an installed wheel; the error says what to install instead."""
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
    """Start a server that outlives this process and shares neither its files nor its signals."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command, **detached_options(folder or log.parent, owner), stdout=output, stderr=output
        )


def detached_options(folder: Path, owner: pwd.struct_passwd | None) -> dict[str, Any]:
    """Return ``Popen`` arguments for a session, an environment and, for root, a user of its own."""
    credentials = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
    return {
        "cwd": folder,
        "env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        "stdin": subprocess.DEVNULL,
        "start_new_session": True,
        **credentials,
    }


def wait_until_ready(server: subprocess.Popen[bytes], is_ready: Callable[[], bool]) -> bool:
    """Whether a server answers before it ends or the timeout passes."""
    deadline = time.monotonic() + START_TIMEOUT
    while server.poll() is None and time.monotonic() < deadline:
        if is_ready():
            return True
        time.sleep(0.03)
    return False


def reap(servers: list[subprocess.Popen[bytes]]) -> None:
    """Wait for servers that are stopping, so that none is left a zombie."""
    while servers:
        servers.pop().wait(START_TIMEOUT)


def write_private_file(path: Path, text: str) -> None:
    """Replace a file by one that only its owner can read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def last_log_line(log: Path) -> str:
    """The last line of a server's log."""
    try:
        return log.read_text(errors="replace").strip().rpartition("\n")[2] or "its log is empty"
    except OSError:
        return f"see {log}"


def digest(path: Path) -> str:
    """Return a short, stable name for a long path."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
