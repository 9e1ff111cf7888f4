"""Rules that the database keeps, whoever writes: services, ``QuerySet.update()`` or raw SQL.

A guard refuses with an IntegrityError whose message starts with the guard's name, such as
``sales_order keeps_issued: …``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import pgtrigger

Model = Any
"""A model's class; the library's own annotations say an instance, which is wrong."""


class Guard(pgtrigger.Trigger):
    """A row trigger that refuses whatever its condition catches; it costs nothing else."""

    when = pgtrigger.Before
    refusal = "This is not allowed."
    """What is wrong with the row; ``%`` stands for its id."""

    def get_func(self, model: Model) -> str:
        """Refuse the row."""
        row = "NEW" if str(self.operation).startswith("INSERT") else "OLD"
        return refuse(model, self.name, self.refusal, f"{row}.id")

    def get_condition(self, model: Model) -> pgtrigger.Condition:
        """Say in SQL which rows are refused."""
        return pgtrigger.Condition(self.refused_rows(model) or "true")

    def refused_rows(self, model: Model) -> str:
        """Say in SQL which rows are refused; nothing said refuses all."""
        return ""


class MovesLegally(Guard):
    """The status moves along the model's TRANSITIONS table and no other way."""

    name = "moves_legally"
    operation = pgtrigger.Update
    refusal = "the status of % cannot move like that"

    def refused_rows(self, model: Model) -> str:
        """Everything that changes the status and is not in the table."""
        moves = ",".join(
            f"{old.value}>{new.value}"
            for old, targets in model.TRANSITIONS.items()
            for new in sorted(targets, key=lambda status: str(status.value))
        )
        return (
            "OLD.status IS DISTINCT FROM NEW.status "
            f"AND OLD.status || '>' || NEW.status <> ALL ('{{{moves}}}'::text[])"
        )


class Keeps(Guard):
    """Columns that never change once a row is in; ``unless`` a condition in SQL holds."""

    operation = pgtrigger.Update
    refusal = "% is kept as it is"

    def __init__(
        self,
        *,
        name: str,
        fields: Sequence[str] = (),
        moving: Collection[str] = (),
        where: str = "",
        refusal: str = "",
    ) -> None:
        """Name the kept ``fields``, or the ``moving`` ones that alone may change."""
        self.fields, self.moving, self.where = fields, moving, where
        self.refusal = refusal or self.refusal
        super().__init__(name=name)

    def refused_rows(self, model: Model) -> str:
        """Any change to a kept column."""
        columns = columns_of(model, self.fields) or kept_columns(model, self.moving)
        changed = differ("OLD", "NEW", columns)
        return f"{self.where} AND ({changed})" if self.where else changed


class NeverDeleted(Guard):
    """A row stays for good where the condition holds."""

    name = "never_deleted"
    operation = pgtrigger.Delete
    refusal = "% is never deleted"

    def __init__(self, *, where: str = "") -> None:
        """Say in SQL which rows stay; nothing said keeps all."""
        self.where = where
        super().__init__()

    def refused_rows(self, model: Model) -> str:
        """The rows that stay."""
        return self.where


class AppendOnly(Guard):
    """Rows are added and then neither changed nor deleted."""

    name = "append_only"
    operation = pgtrigger.Update | pgtrigger.Delete
    refusal = "% is written once and for all"


def refuse(model: Model, name: str | None, sentence: str, key: str) -> str:
    """Write the statement that refuses a row, told by its id, with the rule's name."""
    table = model._meta.db_table
    return (
        f"RAISE EXCEPTION '{table} {name}: {sentence}', {key} "
        f"USING ERRCODE = 'integrity_constraint_violation', TABLE = '{table}', "
        f"CONSTRAINT = '{table}_{name}';"
    )


def columns_of(model: Model, fields: Iterable[str]) -> list[str]:
    """Find the columns of fields."""
    return [str(model._meta.get_field(field).column) for field in fields]


def kept_columns(model: Model, moving: Collection[str]) -> list[str]:
    """List the columns of a model that are not among the moving fields."""
    unknown = set(moving) - {field.name for field in model._meta.concrete_fields}
    if unknown:
        raise ValueError(f"{model.__name__} has no {', '.join(sorted(unknown))}.")
    return [field.column for field in model._meta.concrete_fields if field.name not in moving]


def differ(before: str, after: str, columns: Iterable[str]) -> str:
    """Write the condition that any of the columns differs between two rows."""
    return " OR ".join(
        f"{before}.{quoted(column)} IS DISTINCT FROM {after}.{quoted(column)}" for column in columns
    )


def quoted(name: str) -> str:
    """Quote a column or table."""
    return f'"{name}"'
