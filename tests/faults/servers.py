"""Servers of fault injection: a Valkey and a PostgreSQL to empty, kill and restart."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import redis
from django.db import connection
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from config.embedded import postgres, valkey
from tests.fulfilment.processes import eventually
from tests.template_database import template_for


def free_port() -> int:
    """Return a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Whether a process accepts connections on the port."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


class Broker:
    """A Valkey of the testbed's own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.url = valkey.start(folder)
        self._client = redis.Redis.from_url(self.url)
        info = self._client.info("server")
        self._command = [info["executable"], info["config_file"]]
        self._server: psutil.Process | psutil.Popen = psutil.Process(int(info["process_id"]))

    def flush(self) -> None:
        """Delete all data."""
        self._client.flushall()

    def kill(self) -> None:
        """Kill the process."""
        self._server.kill()
        self._server.wait(10)

    def close(self) -> None:
        """Stop the server and remove its data."""
        with contextlib.suppress(redis.RedisError):
            self._client.shutdown(nosave=True)
        self._server.wait(10)

    def start(self) -> None:
        """Start it again, empty."""
        quiet = subprocess.DEVNULL
        self._server = psutil.Popen(self._command, stdout=quiet, stderr=quiet)
        eventually(self._answers, "a broker")

    def _answers(self) -> bool:
        with contextlib.suppress(redis.RedisError):
            return bool(self._client.ping())
        return False


class PostgresServer:
    """A PostgreSQL of the testbed's own."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.url = postgres.start(home)
        with psycopg.connect(self.url) as admin:
            [(folder,)] = admin.execute("SHOW data_directory")
        self._data = Path(folder)

    def kill(self) -> None:
        """Kill the process."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End every connection and shut down."""
        self._end(signal.SIGINT)

    def start(self) -> None:
        """Start it again."""
        postgres.start(self._home)

    def remove(self) -> None:
        """Stop the server and remove its data."""
        self.stop()
        shutil.rmtree(self._data.parent, ignore_errors=True)

    def _end(self, number: signal.Signals) -> None:
        connection.close()
        pid = int((self._data / "postmaster.pid").read_text().split(maxsplit=1)[0])
        server = psutil.Process(pid)
        server.send_signal(number)
        server.wait(60)  # and no zombie: its pid must not seem to be in use


@contextlib.contextmanager
def own_database(server: str, name: str) -> Iterator[None]:
    """Point Django to a copy of the template on this server, and drop it at the end."""
    template, original = template_for(server), dict(connection.settings_dict)
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    target = conninfo_to_dict(server)
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(drop)
        admin.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))
    connection.close()
    connection.settings_dict |= {
        "NAME": name,
        "HOST": target.get("host", ""),
        "PORT": target.get("port", ""),
        "USER": target.get("user", ""),
        "PASSWORD": target.get("password", ""),
    }
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict |= original
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(drop)
