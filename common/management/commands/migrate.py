"""Django's ``migrate``, which also installs and drops triggers as the code declares them.

Triggers are part of the code, not of the migrations: a migration per trigger would make setting up
a database many times slower, because Django rebuilds its models after each.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pgtrigger
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections, transaction
from django.db.migrations.executor import MigrationExecutor

from common.migration_rendering import few_models_rendered

INSTALLED = """
SELECT tgname, quote_ident(relname), obj_description(pg_trigger.oid)
FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE tgname LIKE 'pgtrigger\\_%' AND tgparentid = 0
"""

NOT_GUARDED = (
    "Not migrated to the end: {} triggers of the version before are dropped, so nothing may be"
    " written until migrate has run."
)


class Command(Migrate):
    """Migrate tables, then triggers."""

    @few_models_rendered()
    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate; with ``--plan``, ``--check`` or a single app the triggers stay as they are."""
        if options["app_label"] or options["plan"] or options["check_unapplied"]:
            super().handle(*args, **options)
            return
        database = options["database"]
        dropped = drop_outdated_triggers(database) if has_unapplied_migrations(database) else 0
        try:
            super().handle(*args, **options)
            changed = synchronise_triggers(database)
        except BaseException:
            if dropped:
                self.stderr.write(NOT_GUARDED.format(dropped))
            raise
        if changed and options["verbosity"] > 0:
            self.stdout.write(f"Triggers brought up to date: {changed}.")


def has_unapplied_migrations(database: str) -> bool:
    """Return whether the tables are older than the code."""
    executor = MigrationExecutor(connections[database])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def drop_outdated_triggers(database: str) -> int:
    """Drop triggers that the code declares no more or otherwise; return how many.

    They may name columns that a migration renames, and would refuse what it updates.
    """
    with transaction.atomic(using=database), connections[database].cursor() as cursor:
        wanted, installed = _declared(), _installed(cursor)
        return _execute(cursor, _drops(installed, installed.keys() - _unchanged(wanted, installed)))


def synchronise_triggers(database: str) -> int:
    """Install new or different triggers, drop those no longer declared; return how many."""
    with transaction.atomic(using=database), connections[database].cursor() as cursor:
        wanted, installed = _declared(), _installed(cursor)
        unchanged = _unchanged(wanted, installed)
        installs = [each.install_sql for name, each in wanted.items() if name not in unchanged]
        return _execute(cursor, installs + _drops(installed, installed.keys() - wanted.keys()))


def _declared() -> dict[str, Any]:
    """Return what the code declares, by name."""
    return {
        trigger.get_pgid(model): trigger.compile(model) for model, trigger in pgtrigger.registered()
    }


def _installed(cursor: Any) -> dict[str, tuple[str, str]]:
    """Return table and digest of what the database has, by name."""
    cursor.execute(INSTALLED)
    return {name: (table, digest) for name, table, digest in cursor.fetchall()}


def _unchanged(wanted: dict[str, Any], installed: dict[str, tuple[str, str]]) -> set[str]:
    return {name for name in wanted.keys() & installed if installed[name][1] == wanted[name].hash}


def _drops(installed: dict[str, tuple[str, str]], names: Iterable[str]) -> list[str]:
    return [f"DROP TRIGGER {name} ON {installed[name][0]};" for name in names]


def _execute(cursor: Any, statements: list[str]) -> int:
    if statements:
        cursor.execute("\n".join(statements))
    return len(statements)
