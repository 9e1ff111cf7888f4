"""Constraints of the database: none passes for want of a value, each can say what is wrong."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.models.constraints import BaseConstraint, CheckConstraint
from pghistory.models import Event

from common.fields import rate_field
from tests.record_forms import record_forms

OURS = ("crm", "sales", "fulfilment")
SAMPLES = {
    "numeric": "0.5",
    "date": "DATE '2026-11-29'",
    "boolean": "true",
    "timestamp with time zone": "now()",
    "uuid": "gen_random_uuid()",
    "varchar[]": "'{}'",
}
"""A value of each type; of all others ``1`` is read as text or as a number."""

RATE_DIGITS = rate_field().max_digits
"""What tells a column of rates from those of amounts and exchange rates."""

NO_FRACTIONS = {
    "PriceListItem.percentage_rate": "a markup on costs may be more than 100 %",
}
"""Rates that may be beyond 0 and 1, and why."""

AnyField = models.Field[Any, Any]
Column = tuple[type[models.Model], AnyField]
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


def test_every_constraint_of_what_people_edit_has_its_own_sentence(db: None) -> None:
    """Django's own names the constraint, which says nothing to the person who typed."""
    edited = {form._meta.model for form in record_forms()}
    bare = [
        constraint.name
        for model, constraint in constraints()
        if model in edited and "violation_error_message" not in constraint.deconstruct()[2]
    ]

    assert len(edited) > 20
    assert bare == []


@pytest.mark.django_db
@pytest.mark.parametrize("each", checks(), ids=names)
def test_no_check_passes_because_a_column_is_empty(each: Owned) -> None:
    """PostgreSQL lets a row pass where a CHECK is NULL, so none may ever be."""
    model, constraint = each
    assert isinstance(constraint, CheckConstraint)
    condition = condition_of(model, constraint)
    fields = columns_in(model, condition)
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


def rate_columns() -> list[Column]:
    """List the columns of rates, which are fractions, of all our models."""
    return [
        (model, field)
        for label in OURS
        for model in apps.get_app_config(label).get_models()
        if not issubclass(model, Event)
        for field in model._meta.concrete_fields
        if isinstance(field, models.DecimalField) and field.max_digits == RATE_DIGITS
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("each", rate_columns(), ids=lambda each: f"{each[0].__name__}.{each[1]}")
@pytest.mark.parametrize("beyond", ["-0.000001", "1.000001"])
def test_every_rate_is_between_0_and_1(each: Column, beyond: str) -> None:
    """Some CHECK refuses a rate beyond, whatever stands in the other columns."""
    model, column = each
    name = f"{model.__name__}.{column.name}"
    refusing = [
        constraint.name
        for constraint in model._meta.constraints
        if isinstance(constraint, CheckConstraint) and refuses(model, constraint, column, beyond)
    ]

    assert bool(refusing) != (name in NO_FRACTIONS), (refusing, NO_FRACTIONS.get(name))


def refuses(
    model: type[models.Model], constraint: CheckConstraint, column: AnyField, value: str
) -> bool:
    """Return whether a CHECK refuses a value, whatever stands in the other columns."""
    condition = condition_of(model, constraint)
    fields = [field for field in columns_in(model, condition) if field.name != column.name]
    if f'"{column.column}"' not in condition:
        return False
    passed = []
    for values in itertools.product(*(samples(field) for field in fields)):
        others = [f'{each} AS "{f.column}"' for each, f in zip(values, fields, strict=True)]
        row = ", ".join([f'{value}::numeric AS "{column.column}"', *others])
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT ({condition}) FROM (SELECT {row}) AS row")  # noqa: S608  # our own
            passed += cursor.fetchone()
    return not any(passed)


def samples(field: AnyField) -> list[str]:
    """Return values of a column: each of its choices, or one of its type, and none where it may."""
    chosen = [f"'{value}'::{kind(field)}" for value, _ in field.choices or ()] or [sample(field)]
    return [*chosen, f"NULL::{kind(field)}"] if field.null else chosen


def condition_of(model: type[models.Model], constraint: CheckConstraint) -> str:
    """Return the condition of a CHECK in SQL."""
    with connection.schema_editor(collect_sql=True) as editor:
        condition: str = constraint._get_check_sql(model, editor)  # type: ignore[attr-defined]  # private
    return condition


def columns_in(model: type[models.Model], condition: str) -> list[AnyField]:
    """Return the columns that a condition is about."""
    return [field for field in model._meta.concrete_fields if f'"{field.column}"' in condition]


def kind(field: models.Field[object, object]) -> str:
    """Return the type of a column."""
    kind = field.rel_db_type(connection) or "text"
    return re.sub(r"\(.*?\)", "", kind)


def sample(field: models.Field[object, object]) -> str:
    """Return a value of a column's type."""
    of_type = kind(field)
    value = SAMPLES.get(of_type, "'1'")
    return f"{value}::{of_type}"
