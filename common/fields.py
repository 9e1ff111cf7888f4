"""Column types that every app shares: amounts, quantities, rates, currencies."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.amounts import check_currency
from common.identifiers import uuid7

M = TypeVar("M", bound=models.Model)


def identifier() -> models.UUIDField[Any, Any]:
    """Make a primary key that is also the public id (UUIDv7)."""
    return models.UUIDField(primary_key=True, default=uuid7, editable=False)


def amount_field(**options: Any) -> models.DecimalField[Any, Any]:
    """Make a money column, in the ``currency`` of the row."""
    options.setdefault("default", Decimal(0))
    return models.DecimalField(max_digits=20, decimal_places=5, **options)


def quantity_field(**options: Any) -> models.DecimalField[Any, Any]:
    """Make a quantity column: up to five decimals."""
    options.setdefault("default", Decimal(0))
    return models.DecimalField(max_digits=20, decimal_places=5, **options)


def rate_field(**options: Any) -> models.DecimalField[Any, Any]:
    """Make a rate column; 0.19 is 19 %."""
    return models.DecimalField(max_digits=9, decimal_places=6, **options)


def currency_field(**options: Any) -> models.CharField[Any, Any]:
    """Make a currency column holding an ISO 4217 code."""
    return models.CharField(max_length=3, validators=[check_currency], **options)


LONGEST_REFERENCE = 100
"""How long an id, number or reference of another system may be, in messages and columns alike."""


def reference_field(**options: Any) -> models.CharField[str, str]:
    """Make a column for an id, number or reference that another system may have given."""
    options.setdefault("blank", True)
    return models.CharField(max_length=LONGEST_REFERENCE, **options)


def optional_key(model: type[M], **options: Any) -> models.ForeignKey[M | None, M | None]:
    """Make an optional foreign key without a reverse name; the row it points to is protected."""
    return models.ForeignKey(
        model, null=True, blank=True, on_delete=models.PROTECT, related_name="+", **options
    )


def parameters_field() -> models.JSONField[Any, Any]:
    """Make the column of a sentence's values, beside the text column with its template."""
    return models.JSONField(
        null=True,
        blank=True,
        editable=False,
        help_text=_("Values of a sentence of our own, whose English template is the text."),
    )


def custom_values() -> models.JSONField[Any, Any]:
    """Make the column that holds the values of custom fields, by their key."""
    return models.JSONField(default=dict, blank=True)


def custom_values_index(name: str) -> GinIndex:
    """Make the index by which records are found by the values of their custom fields."""
    return GinIndex(fields=["custom"], opclasses=["jsonb_path_ops"], name=name)
