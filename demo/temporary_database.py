"""Temporary database: created for one run on the configured server, and dropped afterwards."""

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

from demo.errors import DemoError


@contextmanager
def temporary_database(name: str, template: str = "template1") -> Iterator[str]:
    """Copy the template, point Django to the copy, and drop it at the end; yields its URL."""
    present = connection.settings_dict["NAME"]
    _drop(name)
    _run("CREATE DATABASE {} TEMPLATE {}", name, template)
    try:
        _connect_to(name)
        yield urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl()
    finally:
        _connect_to(present)
        _drop(name)


def broker_url_for(folder: Path) -> str:
    """Choose one of the broker's numbered databases for runs in this folder.

    So two runs at once do not receive each other's wake-ups; 0 is the demo's, 8 and up the tests'.
    """
    number = 1 + _digest(folder) % 7
    return urlsplit(settings.REDIS_URL)._replace(path=f"/{number}").geturl()


def database_name_for(name: str, folder: Path) -> str:
    """Name the database of runs in this folder, so that two checkouts may share a server."""
    return f"{name}_{_digest(folder):08x}"


def _digest(folder: Path) -> int:
    return zlib.crc32(os.fsencode(folder.resolve()))


def _connect_to(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def _drop(name: str) -> None:
    """Drop the database, even if a killed run left it and someone is connected."""
    _run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _run(statement: str, *names: str) -> None:
    try:
        with psycopg.connect(settings.DATABASE_URL, autocommit=True, connect_timeout=5) as server:
            server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
    except psycopg.errors.InsufficientPrivilege as error:
        raise DemoError(
            f"The database's user may not create the database {names[0]}: allow it with "
            "ALTER ROLE … CREATEDB, or leave DATABASE_URL empty."
        ) from error
    except psycopg.Error as error:
        raise DemoError(
            f"The database {names[0]} cannot be created: {' '.join(str(error).split())}"
        ) from error
