"""Differences of a quote since it was approved: its content as it was kept, compared with now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TypedDict

from sales.models import DocumentLine, Quote
from sales.services.documents.content_hash import HEAD, USUAL, own_columns
from sales.services.order_differences import ChangeEntry

LINE = (
    "kind", "sku", "description", "unit", "quantity", "is_optional", "unit_price",
    "price_quantity", "volume_discount", "discount_amount", "discount_rate", "tax_rate", "net",
)  # fmt: skip
SAME_ITEM = ("kind", "sku", "description", "unit")
"""What a line of the next revision has in common with the one it was copied from."""

Values = Mapping[str, str | bool | None]
"""Values of a head, or of a line with its ``id``, as JSON: amounts, dates and names as texts."""


class Content(TypedDict):
    """What a quote offers, as it is kept with its approval."""

    head: Values
    lines: Sequence[Values]


def content_of(quote: Quote, lines: Sequence[DocumentLine]) -> Content:
    """Write what a quote offers as JSON values, to be kept with its approval.

    Holds in words all that the content hash covers.
    """
    names = [*(name.removesuffix("_id") for name in HEAD), *own_columns()]
    return {
        "head": {name: _as_json(getattr(quote, name)) for name in names},
        "lines": [
            {"id": str(line.pk), **{name: _as_json(getattr(line, name)) for name in LINE}}
            for line in lines
        ],
    }


def content_changes(before: Content, after: Content) -> list[ChangeEntry]:
    """List what differs: the head, then line by line, lines that are new or gone included."""
    usual = {**USUAL, **own_columns()}
    changes = list(_compare("", before["head"], after["head"], usual))
    earlier = _matched(before["lines"], after["lines"])
    for line, was in zip(after["lines"], earlier, strict=True):
        if was is None:
            changes.append(_entry(line, "added", None, line["net"]))
        else:
            changes += _compare(str(line["description"]), was, line, USUAL)
    kept = {was["id"] for was in earlier if was is not None}
    changes += [
        _entry(line, "removed", line["net"], None)
        for line in before["lines"]
        if line["id"] not in kept
    ]
    return changes


def _matched(before: Sequence[Values], after: Sequence[Values]) -> list[Values | None]:
    """Find for each line what it was: the same row, or the same item of the revision before."""
    by_id = {line["id"]: line for line in before}
    same_row = [by_id.pop(line["id"], None) for line in after]
    left = list(by_id.values())
    return [was or _take_same_item(line, left) for line, was in zip(after, same_row, strict=True)]


def _take_same_item(line: Values, left: list[Values]) -> Values | None:
    for was in left:
        if all(was[name] == line[name] for name in SAME_ITEM):
            left.remove(was)
            return was
    return None


def _compare(
    what: str, before: Values, after: Values, usual: Mapping[str, object]
) -> Iterator[ChangeEntry]:
    for name, value in after.items():
        earlier = before.get(name, _as_json(usual.get(name)))
        if name != "id" and earlier != value:
            yield ChangeEntry(line=_id(after), what=what, field=name, before=earlier, after=value)


def _id(values: Values) -> str | None:
    """Return the id of a line; None for the head."""
    return str(values["id"]) if "id" in values else None


def _entry(line: Values, field: str, before: object, after: object) -> ChangeEntry:
    what = str(line["description"])
    return ChangeEntry(line=str(line["id"]), what=what, field=field, before=before, after=after)


def _as_json(value: object) -> str | bool | None:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, dt.date):
        return value.isoformat()
    return value if isinstance(value, bool | type(None)) else str(value)
