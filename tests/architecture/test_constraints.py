"""Constraints of the database: none passes for want of a value, each can say what is wrong."""

from __future__ import annotations

import itertools

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.models.constraints import BaseConstraint, CheckConstraint

OURS = ("crm", "sales", "fulfilment")
SAMPLES = {
    "numeric": "0.5",
    "date": "DATE '2026-11-29'",
    "boolean": "true",
    "uuid": "gen_random_uuid()",
}
"""A value of each type; of all others ``1`` is read as text or as a number."""

Owned = tuple[type[models.Model], BaseConstraint]


def constraints() -> list[Owned]:
    """List the constraints of all our models."""
    return [
        (model, constraint)
        for label in OURS
        for model in apps.get_app_config(label).get_models()
        for constraint in model._meta.constraints
    ]


def checks() -> list[Owned]:
    """List the CHECK constraints."""
    return [(model, each) for model, each in constraints() if isinstance(each, CheckConstraint)]


def names(each: Owned) -> str:
    """Name a constraint in the output of pytest."""
    return each[1].name


@pytest.mark.parametrize("each", constraints(), ids=names)
def test_every_message_of_a_constraint_can_be_written(each: Owned) -> None:
    assert each[1].get_violation_error_message()


@pytest.mark.django_db
@pytest.mark.parametrize("each", checks(), ids=names)
def test_no_check_passes_because_a_column_is_empty(each: Owned) -> None:
    """PostgreSQL lets a row pass where a CHECK is NULL, so none may ever be."""
    model, constraint = each
    assert isinstance(constraint, CheckConstraint)
    with connection.schema_editor(collect_sql=True) as editor:
        condition = constraint._get_check_sql(model, editor)  # type: ignore[attr-defined]  # private
    fields = [field for field in model._meta.concrete_fields if f'"{field.column}"' in condition]
    choices = [
        [sample(field), f"NULL::{kind(field)}"] if field.null else [sample(field)]
        for field in fields
    ]

    for values in itertools.product(*choices):
        row = ", ".join(
            f'{value} AS "{field.column}"' for value, field in zip(values, fields, strict=True)
        )
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT ({condition}) IS NULL FROM (SELECT {row}) AS row")  # noqa: S608  # our own
            assert cursor.fetchone() == (False,), row


def kind(field: models.Field[object, object]) -> str:
    """Return the type of a column."""
    kind = field.rel_db_type(connection) or "text"
    return kind.split("(")[0]


def sample(field: models.Field[object, object]) -> str:
    """Return a value of a column's type."""
    of_type = kind(field)
    value = SAMPLES.get(of_type, "'1'")
    return f"{value}::{of_type}"
