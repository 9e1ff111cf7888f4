"""A database of its own for one run, on the server that is configured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

from demo.errors import Halted


@contextmanager
def fresh_database(name: str) -> Iterator[str]:
    """Make the database, let Django work in it, and drop it in the end; yields its address."""
    present = connection.settings_dict["NAME"]
    _drop(name)
    _run("CREATE DATABASE {}", name)
    try:
        _move_to(name)
        yield urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl()
    finally:
        _move_to(present)
        _drop(name)


def next_broker() -> str:
    """Name the broker's next numbered database, so that two runs do not hear each other's hints."""
    address = urlsplit(settings.REDIS_URL)
    number = int(address.path.strip("/") or 0)
    return address._replace(path=f"/{(number + 1) % 16}").geturl()


def _move_to(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def _drop(name: str) -> None:
    """Drop the database, also when a run that was killed left it and somebody connected."""
    _run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _run(statement: str, name: str) -> None:
    try:
        with psycopg.connect(settings.DATABASE_URL, autocommit=True, connect_timeout=5) as server:
            server.execute(sql.SQL(statement).format(sql.Identifier(name)))  # type: ignore[arg-type]
    except psycopg.errors.InsufficientPrivilege as error:
        raise Halted(
            f"The database's user may not make the database {name}: allow it with "
            "ALTER ROLE … CREATEDB, or leave DATABASE_URL empty."
        ) from error
    except psycopg.Error as error:
        raise Halted(
            f"The database {name} cannot be made: {' '.join(str(error).split())}"
        ) from error
