"""Reports as they are stored: validated once, and read again without a validation.

What was validated is stored with the fingerprint of its schema. A report that came under another
schema is validated again when it is read, and stored anew; one that matches no more is left out.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import transaction
from django.db.models import Case, F, QuerySet, When
from rest_framework import serializers

from fulfilment.inbound.schemas import (
    SCHEMAS,
    EnvelopeSchema,
    IncomingMessage,
    InvalidMessage,
    parse_message,
)
from fulfilment.models import InboundMessage
from fulfilment.sync.reports import Report

Read = Callable[[Any], Any]

ADDED_UP = frozenset(name for name in SCHEMAS if not name.startswith("supply."))
"""The types whose reports are added up."""

RULES = 1
"""Raise it with each change of what ``parse_message`` checks beside the fields of the schemas."""

COLUMNS = (
    *("connection_id", "sequence", "message_id", "validated_data", "is_correction", "type"),
    "stale",
)

TYPED: tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], Read], ...] = (
    (serializers.DecimalField, Decimal),
    (serializers.UUIDField, uuid.UUID),
    (serializers.DateField, dt.date.fromisoformat),
)
"""How values are read that JSON writes as text."""


def columns_of(message: IncomingMessage) -> dict[str, Any]:
    """Return the columns that hold what was validated of a message."""
    if message.type not in ADDED_UP:
        return {}
    return {
        "validated_data": message.data,
        "schema": fingerprint(),
        "is_correction": message.is_correction,
    }


def read_reports(
    stored: QuerySet[InboundMessage], *, only_last: bool = False
) -> Iterator[tuple[uuid.UUID, Report]]:
    """Read reports, each with the id of its connection; one statement.

    With ``only_last`` the last one of those that say the same about the same, which is enough
    where the largest or the latest of all values counts. Those of another schema take three more.
    """
    of_another = Case(When(schema=fingerprint(), then=None), default=F("pk"))
    rows = stored.exclude(schema=fingerprint(), validated_data__isnull=True).annotate(
        stale=of_another
    )
    if only_last:
        same = ("connection_id", "type", "part", "is_correction", "validated_data", "stale")
        rows = rows.order_by(*same, "-sequence", "-message_id").distinct(*same)
    stale = []
    for key, sequence, message_id, data, is_correction, type_, pk in rows.values_list(*COLUMNS):
        if pk is not None:
            stale.append(pk)
        else:
            yield (
                key,
                Report(sequence, message_id, _reader(type_)(data), is_correction, type_),
            )
    if stale:
        yield from _validated_anew(InboundMessage.objects.filter(pk__in=stale))


def _validated_anew(stale: QuerySet[InboundMessage]) -> Iterator[tuple[uuid.UUID, Report]]:
    """Validate reports of another schema, and return all that match this one."""
    rows = list(stale)
    for row in rows:
        row.validated_data, row.schema = None, fingerprint()
        try:
            message = parse_message(row.body)
        except InvalidMessage:
            continue
        row.validated_data, row.is_correction = message.data, message.is_correction
    _store_anew(rows)
    for row in rows:
        if row.validated_data is not None:
            report = Report(
                row.sequence or 0, row.message_id, row.validated_data, row.is_correction, row.type
            )
            yield row.connection_id, report


@transaction.atomic
def _store_anew(rows: list[InboundMessage]) -> None:
    """Store what was validated, except of messages that are being applied at this moment."""
    free = InboundMessage.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk")
    free = free.select_for_update(of=("self",), skip_locked=True)
    kept = set(free.values_list("pk", flat=True))
    valid = [row for row in rows if row.pk in kept and row.validated_data is not None]
    InboundMessage.objects.bulk_update(valid, ["validated_data", "schema", "is_correction"])
    invalid = kept - {row.pk for row in valid}
    InboundMessage.objects.filter(pk__in=invalid).update(validated_data=None, schema=fingerprint())


@cache
def fingerprint() -> str:
    """Return what tells the present schemas from earlier ones."""
    schemas: list[type[serializers.Serializer[Any]]]
    schemas = [EnvelopeSchema, *(SCHEMAS[name] for name in sorted(ADDED_UP))]
    written = repr([RULES, [_structure(schema()) for schema in schemas]])
    return hashlib.sha256(written.encode()).hexdigest()[:16]


def _structure(field: serializers.Field[Any, Any, Any, Any]) -> Any:
    """Return what decides which values a field takes."""
    values, options = field._args, field._kwargs  # type: ignore[attr-defined]  # as copies have
    limits = sorted((name, str(value)) for name, value in options.items() if name != "help_text")
    inner: Any = None
    if isinstance(field, serializers.ListSerializer) and field.child is not None:
        inner, limits = _structure(field.child), []
    elif isinstance(field, serializers.Serializer):
        inner = [(name, _structure(each)) for name, each in field.fields.items()]
    return type(field).__name__, values, limits, inner


@cache
def _reader(type_: str) -> Read:
    return _reader_of(SCHEMAS[type_]()) or (lambda value: value)


def _reader_of(field: serializers.Field[Any, Any, Any, Any]) -> Read | None:
    """Make a function that reads a stored value; None where it stays as JSON has it."""
    if isinstance(field, serializers.ListSerializer) and field.child is not None:
        each = _reader_of(field.child)
        return (lambda values: [each(value) for value in values]) if each else None
    if isinstance(field, serializers.Serializer):
        readers = {name: _reader_of(inner) for name, inner in field.fields.items()}
        typed = {name: read for name, read in readers.items() if read is not None}
        return (lambda value: _read_values(value, typed)) if typed else None
    return next((read for kind, read in TYPED if isinstance(field, kind)), None)


def _read_values(value: dict[str, Any], typed: dict[str, Read]) -> dict[str, Any]:
    return {
        name: typed[name](each) if name in typed and each is not None else each
        for name, each in value.items()
    }
