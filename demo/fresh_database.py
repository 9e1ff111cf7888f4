"""A database of its own for one run, on the server that is configured."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
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


def broker_beside(folder: Path) -> str:
    """Name one of the broker's numbered databases for runs in this folder.

    So two runs at once do not hear each other's hints; 0 is the demo's, 8 and up are the tests'.
    """
    number = 1 + _digest(folder) % 7
    return urlsplit(settings.REDIS_URL)._replace(path=f"/{number}").geturl()


def name_beside(name: str, folder: Path) -> str:
    """Name a database for runs in this folder, so that two checkouts may share a server."""
    return f"{name}_{_digest(folder):08x}"


def _digest(folder: Path) -> int:
    return zlib.crc32(os.fsencode(folder.resolve()))


def _move_to(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def _drop(name: str) -> None:
    """Drop the database, also when a run that was killed left it and somebody connected."""
    _run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _run(statement: str, name: str) -> None:
    try:
        with psycopg.connect(settings.DATABASE_URL, autocommit=True, connect_timeout=5) as server:
            server.execute(sql.SQL(statement).format(sql.Identifier(name)))
    except psycopg.errors.InsufficientPrivilege as error:
        raise Halted(
            f"The database's user may not make the database {name}: allow it with "
            "ALTER ROLE … CREATEDB, or leave DATABASE_URL empty."
        ) from error
    except psycopg.Error as error:
        raise Halted(
            f"The database {name} cannot be made: {' '.join(str(error).split())}"
        ) from error
