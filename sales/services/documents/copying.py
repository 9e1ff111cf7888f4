"""Copying a document's head and lines into the next one, exactly and never recomputed."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from common.identifiers import uuid7
from crm.custom_fields import carry_custom
from sales.models import (
    AnyDocument,
    Document,
    DocumentLine,
    InvoiceLine,
    OrderLine,
    QuoteLine,
)

HEAD_ALONE = frozenset({"id", "number", "version", "created_at", "updated_at"})
"""Columns of a head that are not copied."""

LINE_ALONE = frozenset({"id", "bundle_line"})
"""Columns of a line that are not copied."""

# Columns, not relations: reading a relation that was not fetched is one statement for each line.
HEAD = tuple(
    field.attname for field in Document._meta.concrete_fields if field.name not in HEAD_ALONE
)
LINE = tuple(
    field.attname for field in DocumentLine._meta.concrete_fields if field.name not in LINE_ALONE
)

Target = TypeVar("Target", bound=AnyDocument)
Source = TypeVar("Source", QuoteLine, OrderLine, InvoiceLine)
LineT = TypeVar("LineT", QuoteLine, OrderLine, InvoiceLine)


def copy_head(source: AnyDocument, model: type[Target], **fields: object) -> Target:
    """Make an unsaved document with the head of another: terms, rates, discounts, totals.

    Custom values come along where the other kind of document has the field too.
    """
    carried = {name: getattr(source, name) for name in HEAD}
    if model is not type(source):
        carried["custom"] = carry_custom(source.custom, model)
    return model(**{**carried, **fields})


def carried_from(line: DocumentLine) -> dict[str, object]:
    """Return the columns that a copy of a line takes over."""
    return {name: getattr(line, name) for name in LINE}


def copy_lines(
    lines: Iterable[Source],
    model: type[LineT],
    *,
    extra: Callable[[Source], Mapping[str, object]] = lambda _: {},
    **fields: object,
) -> list[LineT]:
    """Save copies of lines under another document in one statement, bundles kept together."""
    copies: dict[uuid.UUID | None, LineT] = {}
    for line in lines:
        copy = model(id=uuid7(), **{**carried_from(line), **fields, **extra(line)})
        copy.bundle_line = copies.get(line.bundle_line_id)
        copies[line.pk] = copy
    return model._default_manager.bulk_create(copies.values())
