"""Test database template: a migrated database that every test database is copied from.

Migrating takes Django half a minute, copying takes PostgreSQL a moment. The name of the template
holds a digest of all migrations and triggers, so that a change of either creates a new one.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pgtrigger
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

ROOT = Path(__file__).resolve().parents[1]
ADVISORY_LOCK = 7_041_776
"""Key of the lock under which one of several test workers creates the template."""


def template_for(url: str) -> str:
    """Return the name of a database beside ``url`` that is migrated and that nobody uses."""
    prefix = f"{conninfo_to_dict(url)['dbname']}_template_"
    name = prefix + _digest()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        known = _databases(connection, prefix)
        if name not in known:
            _drop(connection, known)
            _make(connection, name, url)
    return name


def forget(url: str, name: str) -> None:
    """Drop the database that a killed run left behind, with its connections."""
    with psycopg.connect(url, autocommit=True) as connection:
        _drop(connection, [name])


def _make(connection: psycopg.Connection[Any], name: str, url: str) -> None:
    """Migrate under another name first, so that a template is always complete."""
    draft = f"{name}_draft"
    _drop(connection, [draft])
    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(draft)))
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": urlsplit(url)._replace(path=f"/{draft}").geturl()},
        check=True,
    )
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    connection.execute(rename.format(sql.Identifier(draft), sql.Identifier(name)))


def _databases(connection: psycopg.Connection[Any], prefix: str) -> list[str]:
    found = connection.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix]
    )
    return [name for (name,) in found]


def _drop(connection: psycopg.Connection[Any], names: Iterable[str]) -> None:
    for name in names:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        connection.execute(drop.format(sql.Identifier(name)))


def _digest() -> str:
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for path in sorted(ROOT.glob("*/migrations/*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    for model, trigger in sorted(
        pgtrigger.registered(), key=lambda each: each[1].get_pgid(each[0])
    ):
        digest.update(trigger.compile(model).hash.encode())
    return digest.hexdigest()[:12]
