"""Pushes of Throughline: an order as it is there, what it changes, and what it knows of here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.cloudevents import utc_now
from sandbox.errors import Malformed
from sandbox.json_fields import Fields
from sandbox.supply.fields import FIRST_FIELDS, HEAD_FIELDS, LINE_FIELDS, read_sent
from sandbox.supply.modes import without_lost


@dataclass(frozen=True, slots=True)
class PushedLine:
    """A line of a push: Throughline's id of it, its lot if Throughline knows it, its fields."""

    throughline_id: str
    lot: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Push:
    """A push, validated.

    ``order_id`` is the id that the order has here, "" where Throughline does not know it.
    ``knows`` is the last sequence that is merged there. ``lines`` is None where they were not sent.
    ``changes`` names fields, ``lines.<id>`` and ``lines.<id>.<field>``; None is all of them.
    """

    throughline_id: str
    order_id: str
    number: str
    version: int
    knows: int
    first: Mapping[str, Any]
    head: Mapping[str, Any]
    lines: tuple[PushedLine, ...] | None
    changes: frozenset[str] | None

    def only_changes(self) -> Push:
        """Keep the fields that the push names as changed."""
        if self.changes is None:
            return self
        head = {name: value for name, value in self.head.items() if name in self.changes}
        lines = (self._named(line) for line in self.lines or ())
        kept = tuple(line for line in lines if line.values)
        return replace(self, head=head, lines=kept)

    def _named(self, line: PushedLine) -> PushedLine:
        path = f"lines.{line.throughline_id}"
        changes = self.changes or frozenset()
        if path in changes:
            return line
        values = {n: value for n, value in line.values.items() if f"{path}.{n}" in changes}
        return replace(line, values=values)

    def with_losses(self) -> Push:
        """Keep what a lossy system keeps."""
        lines = None
        if self.lines is not None:
            lines = tuple(replace(each, values=without_lost(each.values)) for each in self.lines)
        return replace(self, head=without_lost(self.head), lines=lines)


def read_push(data: Fields) -> Push:
    """Validate the data of a push."""
    order = data.object("order")
    sent = order.names()
    lines = _lines(order) if "lines" in sent else None
    return Push(
        throughline_id=order.text("throughline_id"),
        order_id=order.optional_text("id"),
        number=order.text("number"),
        version=order.integer("version"),
        knows=order.integer("knows") if order.has("knows") else 0,
        first=_first(order),
        head=read_sent(order, HEAD_FIELDS),
        lines=lines,
        changes=_changes(data),
    )


def _first(order: Fields) -> dict[str, Any]:
    values = read_sent(order, FIRST_FIELDS)
    values["placed_at"] = values.get("placed_at") or utc_now().isoformat()
    return values | {name: order.text(name) for name in ("company", "currency", "customer")}


def _lines(order: Fields) -> tuple[PushedLine, ...]:
    lines = tuple(
        PushedLine(
            line.text("throughline_id"), line.optional_text("id"), read_sent(line, LINE_FIELDS)
        )
        for line in order.objects("lines")
    )
    if len({line.throughline_id for line in lines}) != len(lines):
        raise Malformed(f"{order.where('lines')} names a line twice.")
    return lines


def _changes(data: Fields) -> frozenset[str] | None:
    if not data.has("changes"):
        return None
    names = data.raw("changes")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Malformed("changes must be a list of names of fields.")
    return frozenset(names)
