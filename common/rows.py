"""Bulk update: the same columns of many rows in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, models


def save_columns(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Save these fields of many rows of one model in one statement.

    Does what ``bulk_update`` does, with one array per column instead of one CASE per value: for
    500 lines of a document that is the difference between seconds and milliseconds.
    """
    if not rows:
        return
    model = type(rows[0])
    columns: list[Any] = [model._meta.pk, *(model._meta.get_field(name) for name in fields)]
    arrays = [
        [field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows]
        for field in columns
    ]
    with connection.cursor() as cursor:
        cursor.execute(_statement(model, columns), arrays)


def _statement(model: type[models.Model], columns: Sequence[Any]) -> str:
    table = connection.ops.quote_name(model._meta.db_table)
    names = [connection.ops.quote_name(field.column) for field in columns]
    arrays = ", ".join(f"%s::{field.rel_db_type(connection)}[]" for field in columns)
    changes = ", ".join(f"{name} = saved.{name}" for name in names[1:])
    return (
        f"UPDATE {table} SET {changes} FROM unnest({arrays}) AS saved({', '.join(names)}) "  # noqa: S608  # names of our own models
        f"WHERE {table}.{names[0]} = saved.{names[0]}"
    )
