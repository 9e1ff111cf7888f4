"""SQLite store: one file that survives a killed process."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sandbox.errors import CannotStart

SCHEMA = """
create table if not exists series (
    name text primary key,
    last integer not null
);
create table if not exists inbox (
    id text primary key,
    digest text not null,
    type text not null,
    subject text not null,
    source text not null,
    sequence integer not null,
    reference text not null,
    outcome text not null,
    deliveries integer not null,
    effects integer not null,
    received_at text not null
);
create table if not exists sources (
    source text primary key,
    sequence integer not null,
    reference text not null
);
create table if not exists notes (
    source text primary key,
    reference text not null
);
create table if not exists outgoing (
    sequence integer primary key,
    id text not null unique,
    type text not null,
    subject text not null,
    body text not null,
    state text not null default 'waiting',
    attempts integer not null default 0,
    due_at real not null default 0,
    answer text not null default '',
    queued_at text not null
);
create index if not exists outgoing_waiting on outgoing (due_at) where state = 'waiting';
"""


class Store:
    """Rows and numbers in a file. One thread at a time uses it, and never across an ``await``."""

    def __init__(self, path: Path, schema: str) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, isolation_level=None, timeout=10, check_same_thread=False
            )
            self._connection.row_factory = sqlite3.Row
            self._prepare(schema)
        except (OSError, sqlite3.Error) as error:
            raise CannotStart(f"The store {path} cannot be used: {error}.") from error

    def _prepare(self, schema: str) -> None:
        # WAL with NORMAL keeps every commit when the process is killed; only a power cut could
        # lose the last ones, which is acceptable here.
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        self._connection.execute("pragma foreign_keys = on")
        self._connection.executescript(SCHEMA + schema)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the statements inside in one transaction."""
        self._connection.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """Read all rows of a query."""
        return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        """Read the first row of a query."""
        found: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return found

    def execute(self, sql: str, *values: object) -> None:
        """Execute a statement."""
        self._connection.execute(sql, values)

    def next_number(self, series: str) -> int:
        """Return the next number of a series, without gaps after a rollback."""
        [row] = self.rows(
            "insert into series (name, last) values (?, 1)"
            " on conflict (name) do update set last = last + 1 returning last",
            series,
        )
        return int(row["last"])

    def copy_to(self, path: Path) -> None:
        """Write a copy of all data into another file."""
        copy = sqlite3.connect(path)
        with closing(copy):
            self._connection.backup(copy)

    def restore_from(self, path: Path) -> None:
        """Replace all data by a copy; what came after it is gone."""
        copy = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        with closing(copy):
            copy.backup(self._connection)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
