"""Unique constraints: what one says when the database refuses a row by it."""

from __future__ import annotations

from django.apps import apps
from django.db import IntegrityError, models

from common.errors import Duplicate


def duplicate_of(error: IntegrityError) -> Duplicate | None:
    """Return the refusal of the unique constraint that a row broke, with its field.

    None where the database refused the row for another reason, or by a constraint without a
    sentence of its own.
    """
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None)
    for constraint in _unique_constraints():
        if constraint.name == name:
            field = constraint.fields[-1] if constraint.fields else None
            return Duplicate(str(constraint.get_violation_error_message()), field=field)
    return None


def _unique_constraints() -> list[models.UniqueConstraint]:
    return [
        constraint
        for model in apps.get_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, models.UniqueConstraint)
    ]
