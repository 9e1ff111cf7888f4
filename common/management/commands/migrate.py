"""Django's ``migrate``, which also installs and drops triggers as the code declares them.

Triggers are part of the code, not of the migrations: a migration per trigger would make setting up
a database many times slower, because Django rebuilds its models after each.
"""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections, transaction

INSTALLED = """
SELECT tgname, quote_ident(relname), obj_description(pg_trigger.oid)
FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE tgname LIKE 'pgtrigger\\_%' AND tgparentid = 0
"""


class Command(Migrate):
    """Migrate tables, then triggers."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate; with ``--plan``, ``--check`` or a single app the triggers stay as they are."""
        super().handle(*args, **options)
        if options["app_label"] or options["plan"] or options["check_unapplied"]:
            return
        changed = synchronise_triggers(options["database"])
        if changed and options["verbosity"] > 0:
            self.stdout.write(f"Triggers brought up to date: {changed}.")


def synchronise_triggers(database: str) -> int:
    """Install new or different triggers, drop those no longer declared; return how many."""
    wanted = {
        trigger.get_pgid(model): trigger.compile(model) for model, trigger in pgtrigger.registered()
    }
    with transaction.atomic(using=database), connections[database].cursor() as cursor:
        cursor.execute(INSTALLED)
        installed = {name: (table, digest) for name, table, digest in cursor.fetchall()}
        statements = [
            trigger.install_sql
            for name, trigger in wanted.items()
            if name not in installed or installed[name][1] != trigger.hash
        ] + [
            f"DROP TRIGGER {name} ON {table};"
            for name, (table, _) in installed.items()
            if name not in wanted
        ]
        if statements:
            cursor.execute("\n".join(statements))
    return len(statements)
