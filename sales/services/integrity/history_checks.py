"""Integrity checks of history: every row is what its history says it was last.

Whatever was changed, added or deleted past the triggers is found here, column by column. The
columns compared are those the history has: `keeps_history` says which it leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db import models

from common.history import history_model
from sales.models.document_kinds import DOCUMENT_KINDS, DocumentKind
from sales.services.integrity.checks import LINE_NAME, NAME
from sales.services.integrity.verification import Mismatch, check_by_query, register_check

ROWS = """
SELECT {name}, figure.what, COALESCE(figure.stored, 'empty'), COALESCE(figure.kept, 'empty')
FROM {rows}
LEFT JOIN LATERAL (
    SELECT * FROM {history} state WHERE state.id = {row}.id ORDER BY state.pgh_id DESC LIMIT 1
) kept ON true
CROSS JOIN LATERAL (VALUES
    ('row', 'present', CASE kept.pgh_label WHEN 'delete' THEN 'deleted' ELSE 'absent' END),
    {figures}
) figure(what, stored, kept)
WHERE (COALESCE(kept.pgh_label, 'delete') = 'delete' OR ({stored}) IS DISTINCT FROM ({kept}))
    AND (figure.what = 'row') = (COALESCE(kept.pgh_label, 'delete') = 'delete')
    AND figure.stored IS DISTINCT FROM figure.kept
UNION ALL
SELECT '{noun} ' || gone.id, 'row', 'missing', 'present'
FROM (
    SELECT DISTINCT ON (state.id) state.id, state.pgh_label FROM {history} state
    WHERE NOT EXISTS (SELECT FROM {table} stored WHERE stored.id = state.id)
    ORDER BY state.id, state.pgh_id DESC
) gone
WHERE gone.pgh_label <> 'delete'
"""
"""The first part reads one state per row, by the index of the history."""


def _lines_with_heads(kind: DocumentKind) -> str:
    lines, heads = kind.line_model._meta.db_table, kind.model._meta.db_table
    return f"{lines} line JOIN {heads} head ON head.id = line.{kind.line_owner}_id"


NAMES: dict[type[models.Model], tuple[str, str, str]] = {
    kind.model: (NAME, f"{kind.model._meta.db_table} head", "head") for kind in DOCUMENT_KINDS
} | {kind.line_model: (LINE_NAME, _lines_with_heads(kind), "line") for kind in DOCUMENT_KINDS}
"""What rows are called, what they are read from, and under which alias; others go by their id."""


def compare_with_history(model: type[models.Model]) -> Iterator[Mismatch]:
    """Compare every row of a model that keeps its history with its latest state."""
    yield from check_by_query(_query(model))()


def rows_and_history() -> Iterator[Mismatch]:
    """Compare the rows of every model that keeps its history."""
    for model in apps.get_models():
        if hasattr(model, "pgh_event_model"):
            yield from compare_with_history(model)


def compared_columns(model: type[models.Model]) -> list[str]:
    """Return the columns of a model that its history has as well."""
    kept = {field.column for field in history_model(model)._meta.concrete_fields}
    columns = (field.column for field in model._meta.concrete_fields)
    return [column for column in columns if column and column in kept]


def _query(model: type[models.Model]) -> str:
    table, noun = model._meta.db_table, model._meta.verbose_name
    by_id = (f"'{noun} ' || stored.id", f"{table} stored", "stored")
    name, rows, row = NAMES.get(model, by_id)
    columns = compared_columns(model)
    return ROWS.format(
        name=name,
        rows=rows,
        row=row,
        noun=noun,
        table=table,
        history=history_model(model)._meta.db_table,
        stored=", ".join(f'{row}."{column}"' for column in columns),
        kept=", ".join(f'kept."{column}"' for column in columns),
        figures=",\n    ".join(_figure(row, column) for column in columns),
    )


def _figure(row: str, column: str) -> str:
    """Write a column as its name and both of its values."""
    name = column.removesuffix("_id").replace("_", " ")
    return f'(\'{name}\', {row}."{column}"::text, kept."{column}"::text)'


def register() -> None:
    """Register the check."""
    register_check("rows are as their history has them", rows_and_history)
