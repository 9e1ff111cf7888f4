"""Differences of an order before and after a change order, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypedDict

from sales.models import Order, OrderLine
from sales.services.documents.content_hash import hash_values

HEAD_AMOUNTS = frozenset({"discount_amount", "freight"})
"""Amounts of the head that a change order may change."""

HEAD_FIELDS = HEAD_AMOUNTS | frozenset(
    {
        "name", "requested_on", "shipping_address", "billing_address", "customer_reference",
        "notes", "contact", "payment_terms", "custom",
    }
)  # fmt: skip
"""Fields of the head that a change order may change."""

LINE_FIELDS = (
    "quantity", "unit_price", "price_quantity", "discount_amount", "discount_rate",
    "charge_amount", "description", "requested_on", "tax_rate", "volume_discount",
)  # fmt: skip
"""Fields of a line that a change order may change, and that may differ.

A volume discount follows from the quantity; it can be taken off a price, which is final then.
"""

LINE_COMPARED = (*LINE_FIELDS, "cancelled_quantity")
"""Fields of a line that may differ; parts of sets that came back are cancelled by closing."""

HEAD_COMPARED = (*sorted(HEAD_FIELDS - {"freight"}), "freight", "total")
"""Fields of the head that may differ: freight and total follow from the lines."""


class ChangeEntry(TypedDict):
    """One changed field of an order; ``line`` is None and ``what`` empty for the head."""

    line: str | None
    what: str
    field: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The fields of an order that change orders compare, as JSON values."""

    head: Mapping[str, object]
    lines: Mapping[str, Mapping[str, object]]


def snapshot(order: Order, lines: Sequence[OrderLine]) -> Snapshot:
    return Snapshot(
        head={name: _as_json(getattr(order, name)) for name in HEAD_COMPARED},
        lines={
            str(line.pk): {name: _as_json(_value(line, name)) for name in LINE_COMPARED}
            for line in lines
        },
    )


def _value(line: OrderLine, name: str) -> object:
    """Return what a field of a line is; None without a charge, or where nothing is cancelled."""
    value: object = getattr(line, name)
    return value or None if name in {"charge_amount", "cancelled_quantity"} else value


def field_changes(before: Snapshot, after: Snapshot) -> list[ChangeEntry]:
    changed = _compare(None, "", before.head, after.head)
    for pk, fields in after.lines.items():
        changed += _compare(pk, str(fields["description"]), before.lines.get(pk, {}), fields)
    return changed


def hash_changes(changes: Iterable[ChangeEntry]) -> str:
    """Hash what changes (SHA-256); the lines that are added have other ids each time."""
    return hash_values(
        [(each["what"], each["field"], each["before"], each["after"]) for each in changes]
    )


def _compare(
    line: str | None, what: str, before: Mapping[str, object], after: Mapping[str, object]
) -> list[ChangeEntry]:
    return [
        ChangeEntry(line=line, what=what, field=name, before=before.get(name), after=value)
        for name, value in after.items()
        if before.get(name) != value
    ]


def _as_json(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value if value is None or isinstance(value, dict) else str(value)
