"""Row triggers: rules that PostgreSQL enforces for services, ``QuerySet.update()`` and raw SQL.

A trigger refuses a row with an IntegrityError whose message starts with the table and the
trigger's name, such as ``sales_order keeps_issued: …``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import pgtrigger

Model = Any
"""A model's class; the library's own annotations say an instance, which is wrong."""


class RefusalTrigger(pgtrigger.Trigger):
    """A row trigger that refuses the rows matched by its condition; others cost nothing."""

    when = pgtrigger.Before
    refusal = "This is not allowed."
    """What is wrong with the row; ``%`` stands for its id."""

    def get_func(self, model: Model) -> str:
        """Refuse the row."""
        row = "NEW" if str(self.operation).startswith("INSERT") else "OLD"
        return refuse(model, self.name, self.refusal, f"{row}.id")

    def get_condition(self, model: Model) -> pgtrigger.Condition:
        """Write the SQL condition of the rows that are refused."""
        return pgtrigger.Condition(self.refused_rows(model) or "true")

    def refused_rows(self, model: Model) -> str:
        """Write the SQL condition of the rows that are refused; an empty one refuses all."""
        return ""


class LookupTrigger(RefusalTrigger):
    """A row trigger that looks at other rows before it refuses one matched by its condition."""

    def get_func(self, model: Model) -> str:
        """Refuse the row if it is wrong beside the others."""
        row = "OLD" if self.operation == pgtrigger.Delete else "NEW"
        refusal = super().get_func(model)
        return f"{self.locks(model)}IF {self.is_wrong(model)} THEN {refusal} END IF; RETURN {row};"

    def locks(self, model: Model) -> str:
        """Write the statement that locks what is looked at, if it has to wait for others."""
        return ""

    def is_wrong(self, model: Model) -> str:
        """Write the SQL condition on other rows."""
        raise NotImplementedError  # each kind of trigger has its own


class CountsVersions(pgtrigger.Trigger):
    """The version of a row goes up by one with each change, whoever writes it."""

    name = "counts_versions"
    when = pgtrigger.Before
    operation = pgtrigger.Update
    condition = pgtrigger.AnyChange()
    func = "NEW.version = OLD.version + 1; RETURN NEW;"


class MovesLegally(RefusalTrigger):
    """State machine: the status moves along the model's TRANSITIONS table only."""

    name = "moves_legally"
    operation = pgtrigger.Update
    refusal = "the status of % cannot move like that"

    def __init__(self, *, unless: str = "") -> None:
        """Take the SQL condition of what may also move elsewhere, such as a correction."""
        self.unless = unless
        super().__init__()

    def refused_rows(self, model: Model) -> str:
        """Everything that changes the status and is not in the table."""
        moves = ",".join(
            f"{old.value}>{new.value}"
            for old, targets in model.TRANSITIONS.items()
            for new in sorted(targets, key=lambda status: str(status.value))
        )
        refused = (
            "OLD.status IS DISTINCT FROM NEW.status "
            f"AND OLD.status || '>' || NEW.status <> ALL ('{{{moves}}}'::text[])"
        )
        return f"{refused} AND NOT ({self.unless})" if self.unless else refused


class KeepsColumns(RefusalTrigger):
    """Columns that never change, on the rows for which ``where`` holds."""

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


class NeverDeleted(RefusalTrigger):
    """Rows are not deleted where the condition holds."""

    name = "never_deleted"
    operation = pgtrigger.Delete
    refusal = "% is never deleted"

    def __init__(self, *, where: str = "") -> None:
        """Take the SQL condition of the rows that stay; an empty one keeps all."""
        self.where = where
        super().__init__()

    def refused_rows(self, model: Model) -> str:
        """The rows that stay."""
        return self.where


class AppendOnly(RefusalTrigger):
    """Append-only table: rows are added, and then neither changed nor deleted."""

    name = "append_only"
    operation = pgtrigger.Update | pgtrigger.Delete
    refusal = "% is written once"


def refuse(model: Model, name: str | None, sentence: str, key: str) -> str:
    """Write the SQL statement that refuses a row, with the rule's name and the row's id."""
    table = model._meta.db_table
    return (
        f"RAISE EXCEPTION '{table} {name}: {sentence}', {key} "
        f"USING ERRCODE = 'integrity_constraint_violation', TABLE = '{table}', "
        f"CONSTRAINT = '{table}_{name}';"
    )


def columns_of(model: Model, fields: Iterable[str]) -> list[str]:
    """Return the columns of fields."""
    return [str(model._meta.get_field(field).column) for field in fields]


def kept_columns(model: Model, moving: Collection[str]) -> list[str]:
    """List the columns of a model that are not among the moving fields."""
    unknown = set(moving) - {field.name for field in model._meta.concrete_fields}
    if unknown:
        raise ValueError(f"{model.__name__} has no {', '.join(sorted(unknown))}.")
    return [field.column for field in model._meta.concrete_fields if field.name not in moving]


def differ(before: str, after: str, columns: Iterable[str]) -> str:
    """Write the SQL condition that any of the columns differs between two rows."""
    return " OR ".join(
        f"{before}.{quoted(column)} IS DISTINCT FROM {after}.{quoted(column)}" for column in columns
    )


def quoted(name: str) -> str:
    """Quote a column or table."""
    return f'"{name}"'
