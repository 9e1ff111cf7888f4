"""Orders in the words of a supply-chain system, read and written.

A field that is absent was not sent; null clears it. Names of fields, both ways, are those of
docs/two-way-sync.md.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from common.identifiers import uuid7
from fulfilment.dialects.supply_figures import PRICE_FIELDS, Writing, write_figures
from fulfilment.models import Mapping as MappingRow

Kind = MappingRow.Kind
Code = tuple[str, str]
"""A kind of mapping, and a code of theirs."""

HEAD: Mapping[str, str] = {
    "currency": "currency",
    "prices_include_tax": "prices_include_tax",
    "placed_at": "placed_at",
    "name": "name",
    "header_discount": "header_discount",
    "header_charges": "freight",
    "cancelled": "is_cancelled",
    "on_hold": "is_on_hold",
    "ship_to": "ship_to",
    "bill_to": "bill_to",
    "requested_ship_date": "requested_on",
    "confirmed_ship_date": "confirmed_on",
    "customer_reference": "customer_reference",
    "processing_status": "processing_status",
    "totals": "of_record",
}
"""The fields of an order by their names, each with ours."""

LINE: Mapping[str, str] = {
    "line_number": "position",
    "description": "description",
    "quantity": "quantity",
    "cancelled": "cancelled",
    "price": "price",
    "price_unit": "price_quantity",
    "discount": "unit_discount",
    "charge": "charge",
    "amount": "line_amount",
    "tax_rate": "tax_rate",
    "requested_ship_date": "requested_on",
    "confirmed_ship_date": "confirmed_on",
    "status": "status",
    "delivered": "delivered",
    "invoiced": "invoiced",
}
"""The fields of a line by their names, each with ours."""

PUSHED_HEAD: Mapping[str, str] = {
    "head.name": "name",
    "head.header_discount": "header_discount",
    "head.freight": "header_charges",
    "head.is_cancelled": "cancelled",
    "head.is_on_hold": "on_hold",
    "head.ship_to": "ship_to",
    "head.requested_on": "requested_ship_date",
    "head.customer_reference": "customer_reference",
    "head.payment_terms": "payment_terms",
}
"""The fields of the head that a push sets, by our paths."""

PUSHED_LINE: Mapping[str, Sequence[str]] = {
    "product": ("item", "category", "unit"),
    "unit": ("unit", *PRICE_FIELDS),
    "description": ("description",),
    "tax_rate": ("tax_rate",),
    "quantity": ("quantity", "cancelled", "discount", "charge"),
    "price": ("price", "price_unit", "discount", "charge"),
    "discount": ("discount", "discount_percent", "charge"),
    "requested_on": ("requested_ship_date",),
}
"""The fields of a line that a push sets, by the last part of our path."""


@dataclass(frozen=True, slots=True)
class RemoteOrder:
    """A snapshot of an order of theirs, as received.

    ``knows`` is the latest version of ours that they have applied, None if they cannot say.
    """

    external_id: str
    number: str
    sequence: int
    knows: int | None
    cause: str
    our_id: str
    is_deleted: bool
    fields: Mapping[str, Any]

    @classmethod
    def of(cls, order: Mapping[str, Any]) -> RemoteOrder:
        """Take what every message says of its order; one that is deleted there is cancelled."""
        is_deleted = bool(order.get("deleted"))
        return cls(
            external_id=order["id"],
            number=order["number"],
            sequence=order["sequence"],
            knows=order.get("knows"),
            cause=order.get("cause") or "",
            our_id=str(order.get("throughline_id") or ""),
            is_deleted=is_deleted,
            fields={**order, "cancelled": True} if is_deleted else order,
        )

    @property
    def lines(self) -> Sequence[Mapping[str, Any]]:
        """The lines, as received."""
        lines: Sequence[Mapping[str, Any]] = self.fields.get("lines") or ()
        return lines

    def with_lines(self, lines: Sequence[Mapping[str, Any]]) -> RemoteOrder:
        """Return the same snapshot with other lines."""
        return replace(self, fields={**self.fields, "lines": lines}) if self.has_lines else self

    @property
    def has_lines(self) -> bool:
        """Whether the lines were reported: one that is not among them is cancelled."""
        return self.fields.get("lines") is not None

    def codes(self) -> set[Code]:
        """List the codes that have to be mapped."""
        head = {
            (Kind.COMPANY.value, "company"),
            (Kind.ACCOUNT.value, "customer"),
            (Kind.PAYMENT_TERMS.value, "payment_terms"),
        }
        line = {(Kind.PRODUCT.value, "item"), (Kind.CATEGORY.value, "category")}
        found = {(kind, self.fields.get(name)) for kind, name in head}
        for each in self.lines:
            found |= {(kind, each.get(name)) for kind, name in line}
            if each.get("item"):
                found.add((Kind.UNIT.value, each.get("unit")))
        return {(kind, code) for kind, code in found if code}

    def line_ids(self, known: Mapping[str, str], ours: Collection[str]) -> dict[str, str]:
        """Name each line by our id: known, sent by them, or new."""
        return {
            line["id"]: known.get(line["id"]) or _own_id(line, ours) or str(uuid7())
            for line in self.lines
        }


def _own_id(line: Mapping[str, Any], ours: Collection[str]) -> str | None:
    own = str(line.get("throughline_id") or "")
    return own if own in ours else None


NEVER_EMPTY = frozenset(
    {
        *("name", "currency", "prices_include_tax", "placed_at", "bill_to"),
        *("description", "line_number", "price", "amount", "tax_rate"),
    }
)
"""What every order and every line has here: where theirs is empty, ours stands."""


def _reported(record: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return what a record of theirs has, in our names."""
    return {
        ours: record[name]
        for name, ours in names.items()
        if name in record and not (name in NEVER_EMPTY and record[name] in (None, ""))
    }


def read_order(
    theirs: RemoteOrder, mapped: Mapping[Code, uuid.UUID], line_ids: Mapping[str, str]
) -> dict[str, Any]:
    """Return an order of theirs in our names, as ``canonical`` reads it."""
    head = _reported(theirs.fields, HEAD)
    if "payment_terms" in theirs.fields:
        terms = theirs.fields["payment_terms"]
        head["payment_terms"] = str(mapped[Kind.PAYMENT_TERMS, terms]) if terms else None
    lines = [dict(_read_line(line, mapped, line_ids[line["id"]])) for line in theirs.lines]
    return {"head": head, "lines": lines}


def _read_line(
    line: Mapping[str, Any], mapped: Mapping[Code, uuid.UUID], our_id: str
) -> Iterator[tuple[str, Any]]:
    yield "id", our_id
    yield from _reported(line, LINE).items()
    if line.get("item"):
        yield "product", str(mapped[Kind.PRODUCT, line["item"]])
    elif line.get("category"):
        yield "product", str(mapped[Kind.CATEGORY, line["category"]])
    if line.get("item") and line.get("unit"):
        yield "unit", str(mapped[Kind.UNIT, line["unit"]])


@dataclass(frozen=True, slots=True)
class LineCodes:
    """What a line of ours is called there: an item with its unit, or a category."""

    item: str = ""
    unit: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push says beside the values: who the order is to them, and what we know of it."""

    throughline_id: uuid.UUID
    external_id: str
    number: str
    version: int
    knows: int
    company: str
    customer: str
    terms: str
    bill_to: Mapping[str, str]
    lines: Mapping[str, LineCodes]
    """By our id of the line, in the order of the lines."""
    writing: Writing


def write_order(values: Mapping[str, Any], pushed: Pushed) -> dict[str, Any]:
    """Return an order of ours in their words.

    ``values`` are canonical, with those of a cancelled line as they are without its cancellation.
    """
    head = {name: values[path] for path, name in PUSHED_HEAD.items() if path in values}
    if "payment_terms" in head:
        head["payment_terms"] = pushed.terms or None
    return {
        "throughline_id": str(pushed.throughline_id),
        "id": pushed.external_id or None,
        "number": pushed.number,
        "version": pushed.version,
        "knows": pushed.knows,
        "company": pushed.company,
        "currency": pushed.writing.currency,
        "customer": pushed.customer,
        "prices_include_tax": values["head.prices_include_tax"],
        "placed_at": values.get("head.placed_at"),
        "bill_to": dict(pushed.bill_to),
        **head,
        "lines": [dict(_write_line(line, values, pushed)) for line in pushed.lines],
    }


def _write_line(line: str, values: Mapping[str, Any], pushed: Pushed) -> Iterator[tuple[str, Any]]:
    prefix, codes = f"line.{line}", pushed.lines[line]
    yield "throughline_id", line
    yield "id", pushed.writing.received.get(line, {}).get("id")
    yield "item", codes.item or None
    yield "category", codes.category or None
    yield "unit", pushed.writing.unit(line) or codes.unit or None
    yield "description", values.get(f"{prefix}.description", "")
    yield from write_figures(line, values, pushed.writing).items()
    if f"{prefix}.tax_rate" in values:
        yield "tax_rate", values[f"{prefix}.tax_rate"] or "0"
    yield "requested_ship_date", values.get(f"{prefix}.requested_on")


def changed_names(paths: Collection[str]) -> list[str]:
    """Name the fields of a push that it changes, in their words.

    >>> changed_names(["head.freight", "line.7.requested_on"])
    ['header_charges', 'lines.7.requested_ship_date']
    """
    names = {PUSHED_HEAD[path] for path in paths if path in PUSHED_HEAD}
    for path in paths:
        if path.startswith("line."):
            _line, line, name = path.split(".", 2)
            names |= {f"lines.{line}.{each}" for each in PUSHED_LINE.get(name, ())}
    return sorted(names)
