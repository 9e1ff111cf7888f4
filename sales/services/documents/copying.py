"""Carrying one document's content over into the next: exactly, never recomputed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from common.identifiers import uuid7
from crm.custom_fields import carry_custom
from sales.models import Document, DocumentLine, Invoice, Order, Quote

if TYPE_CHECKING:
    from sales.models import AnyDocument

NOT_CARRIED = frozenset({"id", "number", "version", "created_at", "updated_at"})
"""What belongs to one document alone."""

HEAD = tuple(field.name for field in Document._meta.get_fields() if field.name not in NOT_CARRIED)
LINE = tuple(
    field.name
    for field in DocumentLine._meta.get_fields()
    if field.name not in {"id", "bundle_line"}
)

Target = TypeVar("Target", bound=Quote | Order | Invoice)


def copy_head(source: AnyDocument, model: type[Target], **fields: Any) -> Target:
    """Make an unsaved document with the head of another: terms, rates, discounts, totals.

    Custom values come along where the other kind of document has the field too.
    """
    carried = {name: getattr(source, name) for name in HEAD}
    if model is not type(source):
        carried["custom"] = carry_custom(source.custom, model)
    return model(**{**carried, **fields})


def copy_lines(
    lines: Iterable[Any],
    model: type[DocumentLine],
    *,
    extra: Callable[[Any], dict[str, Any]] = lambda _: {},
    **fields: Any,
) -> list[Any]:
    """Save copies of lines under another document in one statement, bundles kept together."""
    copies: dict[Any, Any] = {}
    for line in lines:
        carried = {name: getattr(line, name) for name in LINE}
        copies[line.pk] = model(id=uuid7(), **{**carried, **fields, **extra(line)})
        copies[line.pk].bundle_line = copies.get(line.bundle_line_id)
    return model._default_manager.bulk_create(copies.values())
