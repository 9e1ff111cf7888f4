"""Data steps of migrations: what they change in a table that keeps its history is in there, too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.apps import apps
from django.db.migrations import RunSQL
from django.db.migrations.loader import MigrationLoader

OURS = {"crm", "sales", "fulfilment", "web"}
CHANGED = re.compile(r"\b(?:UPDATE|INSERT INTO)\s+(\w+)")


def kept_tables() -> set[str]:
    """The tables that keep their history."""
    tables = {model._meta.db_table for model in apps.get_models()}
    return {table for table in tables if f"{table}history" in tables}


def changed_by_sql() -> Iterator[tuple[str, str, str]]:
    """The app and name of each migration with plain SQL, and each table which that changes."""
    migrations = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    for (app, name), migration in migrations.items():
        for step in migration.operations:
            if app in OURS and isinstance(step, RunSQL):
                yield from ((app, name, table) for table in CHANGED.findall(str(step.sql)))


def test_plain_sql_changes_no_table_that_keeps_its_history() -> None:
    """The triggers of then know no new column: such a step uses ``UpdateWithHistory``."""
    kept = kept_tables()

    assert "sales_order" in kept
    assert [found for found in changed_by_sql() if found[2] in kept] == []
