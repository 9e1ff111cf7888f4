"""Own columns of a kind of document as serializer fields, whose types follow from the model.

``Document.own_columns`` names them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.db import models
from rest_framework import serializers

from api.inputs import TextField
from common.serializer_fields import WholeNumberField
from sales.models import AnyDocument

Column = models.Field[Any, Any]
OwnField = serializers.Field[Any, Any, Any, Any]

PLAIN_FIELDS: dict[type[Column], type[OwnField]] = {
    models.BooleanField: serializers.BooleanField,
    models.DateField: serializers.DateField,
    models.PositiveIntegerField: WholeNumberField,
}
"""The fields of columns that hold neither a text nor a choice."""


class OwnColumns(serializers.Serializer[Any]):
    """Base of what is sent of a document: the declared fields, and the kind's own columns."""

    document: ClassVar[type[AnyDocument] | None] = None
    """The kind of document; None where all kinds are sent alike."""

    def get_fields(self) -> dict[str, OwnField]:
        """Return the declared fields, then the own columns."""
        columns = self.document.own_fields() if self.document else []
        return {**super().get_fields(), **{each.name: sent_field(each) for each in columns}}


class OwnColumnsInput(serializers.Serializer[Any]):
    """Mixin of what a partner writes of a document: own columns, none of which is needed."""

    document: ClassVar[type[AnyDocument]]
    changeable: ClassVar[Collection[str] | None] = None
    """The fields that may be written; None where every own column may."""

    def get_fields(self) -> dict[str, OwnField]:
        """Return the declared fields, then the own columns that may be written."""
        columns = [
            each
            for each in self.document.own_fields()
            if self.changeable is None or each.name in self.changeable
        ]
        return {**super().get_fields(), **{each.name: written_field(each) for each in columns}}


def sent_field(column: Column) -> OwnField:
    """Return the field of a column in messages and responses; it is always there."""
    if column.choices:
        return serializers.ChoiceField(_values(column), allow_blank=column.blank)
    if isinstance(column, models.CharField | models.TextField):
        return serializers.CharField(allow_blank=column.blank)
    return _plain_field(column)(allow_null=column.null)


def written_field(column: Column) -> OwnField:
    """Return the field of a column in requests."""
    if column.choices:
        return serializers.ChoiceField(_values(column), required=False)
    if isinstance(column, models.CharField | models.TextField):
        return TextField(max_length=column.max_length, required=False)
    return _plain_field(column)(required=False)


def _plain_field(column: Column) -> type[OwnField]:
    if type(column) not in PLAIN_FIELDS:
        raise ImproperlyConfigured(
            f"Own columns are texts, choices, yes/no, days and whole numbers; {column} is a "
            f"{type(column).__name__}: give that a field in PLAIN_FIELDS of api/own_columns.py, "
            "or leave it out of own_columns and write it in its own serializers."
        )
    return PLAIN_FIELDS[type(column)]


def _values(column: Column) -> list[Any]:
    return [value for value, _ in column.flatchoices]
