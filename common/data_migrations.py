"""Data migrations of tables that keep their history: what they change is a state of its own.

While migrations run, the triggers of the version before may refer to columns that were renamed, so
no trigger is asked: the state is written here.
"""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.db import migrations, transaction

COLUMNS = """
SELECT string_agg(quote_ident(column_name), ', ')
FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = %s AND column_name NOT LIKE 'pgh\\_%%'
"""
STATE = """
INSERT INTO {table}history (pgh_created_at, pgh_label, {columns})
SELECT now(), 'update', {columns} FROM {table} WHERE id = ANY(%s)
"""


def update_with_history(schema_editor: Any, table: str, update: str) -> None:
    """Run an UPDATE of a table, and add what each changed row is now to its history.

    What fails is rolled back before triggers are asked again, so that its error is the one shown.
    """
    used = schema_editor.connection
    with pgtrigger.ignore(), transaction.atomic(using=used.alias), used.cursor() as cursor:
        cursor.execute(f"{update} RETURNING {table}.id")
        changed = [key for (key,) in cursor.fetchall()]
        cursor.execute(COLUMNS, [f"{table}history"])
        [columns] = cursor.fetchone()
        cursor.execute(STATE.format(table=table, columns=columns), [changed])


class UpdateWithHistory(migrations.RunPython):
    """An UPDATE of a table that keeps its history; the way back changes nothing."""

    def __init__(self, table: str, update: str) -> None:
        def forwards(apps: Any, schema_editor: Any) -> None:
            update_with_history(schema_editor, table, update)

        super().__init__(forwards, migrations.RunPython.noop)
