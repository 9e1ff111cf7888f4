"""Tampering: one stored value at a time is changed past all triggers, and checks look for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pgtrigger
from django.db import DatabaseError, connection, models, transaction

Look = Callable[[type[models.Model]], bool]
"""Whether a check finds anything wrong; it is given the table to look in."""

Outcome = Literal["refused", "seen", "unseen"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of one row."""

    row: models.Model
    field: Any

    @property
    def model(self) -> type[models.Model]:
        """The model of the row."""
        return type(self.row)

    @property
    def place(self) -> str:
        """The table and column, as reports name them."""
        return f"{self.model._meta.model_name}.{self.field.column}"

    @property
    def is_figure(self) -> bool:
        """Whether it holds money, a quantity or a rate."""
        return isinstance(self.field, models.DecimalField)

    def tamper(self, look: Look) -> Outcome:
        """Change it, look, and take the change back."""
        for value in _other_values(self.field):
            outcome = self._try(value, look)
            if outcome != "refused":
                return outcome
        return "refused"

    def _try(self, value: str, look: Look) -> Outcome:
        try:
            with transaction.atomic():
                changed = self._write(value)
                seen = changed and look(self.model)
                transaction.set_rollback(True)
        except DatabaseError:
            return "refused"
        if not changed:
            return "refused"
        return "seen" if seen else "unseen"

    def _write(self, value: str) -> bool:
        """Write an SQL expression past the triggers; return whether it is another value."""
        table, column = self.model._meta.db_table, f'"{self.field.column}"'
        with pgtrigger.ignore(), connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET {column} = {value} "
                f"WHERE id = %s AND {column} IS DISTINCT FROM {value}",
                [self.row.pk],
            )
            connection.check_constraints()
            return bool(cursor.rowcount)


def cells(*tables: type[models.Model], rows: int | None = None) -> Iterator[Cell]:
    """Walk through every column but the key, of so many rows of each table spread over it."""
    for model in tables:
        found = list(model._default_manager.order_by("pk"))
        step = max(1, len(found) // rows) if rows else 1
        for row in found[::step][:rows]:
            for field in model._meta.concrete_fields:
                if not field.primary_key:
                    yield Cell(row, field)


def _other_values(field: Any) -> list[str]:
    """Write what the column might be changed to, the plainest change first."""
    column = f'"{field.column}"'
    if field.is_relation:
        other = field.related_model._meta.db_table
        found = f"(SELECT id FROM {other} WHERE id IS DISTINCT FROM {column} ORDER BY id LIMIT 1)"
        return [found, "NULL"]
    if field.choices:
        return [f"'{value}'" for value, _ in field.flatchoices]
    for kind, values in _BY_KIND.items():
        if isinstance(field, kind):
            return [value.format(column) for value in values]
    return [f"{column} || 'x'", f"'x' || substr({column}, 2)", "'USD'"]


_BY_KIND: dict[type[models.Field[Any, Any]], list[str]] = {
    models.DecimalField: [
        "COALESCE({0}, 0) + 1", "COALESCE({0}, 0) + 0.1", "{0} - 1", "{0} - 0.1", "NULL",
    ],
    models.BooleanField: ["NOT {0}"],
    models.IntegerField: ["{0} + 1"],
    models.DateTimeField: ["COALESCE({0}, now()) + interval '1 day'"],
    models.DateField: ["COALESCE({0}, current_date) + 1"],
    models.JSONField: ["'{{\"tampered\": 1}}'"],
    models.UUIDField: ["gen_random_uuid()"],
    models.GenericIPAddressField: ["'192.0.2.1'"],
}  # fmt: skip
