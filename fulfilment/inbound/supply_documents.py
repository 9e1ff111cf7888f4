"""Documents of a supply-chain system: which order of ours they are about, and which lines."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from common.errors import DomainError
from common.sentences import sentence as _
from fulfilment.connectors.base import Record
from fulfilment.inbound.documents import UnknownDocument
from fulfilment.inbound.schemas import IncomingMessage
from fulfilment.models import Connection, SyncState
from fulfilment.services.mappings import Kind, mapped_codes
from fulfilment.services.order_sync.order_identity import find_shared
from fulfilment.services.order_sync.order_readings import factor_of
from fulfilment.services.order_sync.sync_states import ORDER, line_ids, lock_state
from fulfilment.services.order_sync.units import factors_of
from fulfilment.sync.units import converted_quantity
from sales.models import Order, Unit
from sales.services.documents.locks import lock_order

COUNTED = ("quantity", "invoiced", "credited")
"""What counts units on a line of a document."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A document of theirs, with its order, locked; ``lines`` are its lines by our line.

    ``unknown`` are lines that the order does not have, though their latest snapshot of it is here.
    ``is_early`` says that the snapshot that came just before the document there is not here yet.
    """

    order: Order
    record: Record
    document: Mapping[str, Any]
    lines: Mapping[uuid.UUID, list[Mapping[str, Any]]]
    unknown: list[Mapping[str, Any]]
    is_early: bool


def lock_posted(connection: Connection, message: IncomingMessage, kind: str) -> Posted:
    """Lock the order of a document, and find its lines.

    Raises UnknownDocument for an order, or a line of it, that is not here yet.
    """
    theirs, document = message.data["order"], message.data[kind]
    order = lock_order(_find_order(connection, theirs))
    state = lock_state(connection, order.pk)
    known, is_early = line_ids(state), state.snapshot_sequence < theirs["sequence"]
    units = _Units(connection, order, state, document["lines"])
    lines: dict[uuid.UUID, list[Mapping[str, Any]]] = {}
    unknown = []
    for line in document["lines"]:
        named = known.get(line["id"]) or str(line.get("throughline_id") or "")
        if named in units.ours:
            lines.setdefault(uuid.UUID(named), []).append(units.in_ours(named, line))
        elif is_early:
            raise UnknownDocument(message.subject)
        else:
            unknown.append(line)
    record = Record(ORDER, order.pk, order.number or "")
    return Posted(order, record, document, lines, unknown, is_early)


class NoQuantityInOurUnit(DomainError):
    """A document of theirs has a quantity in a unit that is none of ours of the line."""

    code = "no_quantity_in_our_unit"


class _Units:
    """The units of the lines of an order, here and there; two statements at most."""

    def __init__(
        self,
        connection: Connection,
        order: Order,
        state: SyncState,
        lines: Sequence[Mapping[str, Any]],
    ) -> None:
        codes = {(Kind.UNIT.value, each["unit"]) for each in lines if each.get("unit")}
        self._mapped = mapped_codes(connection, codes) if codes else {}
        self._units = Unit.objects.in_bulk(set(self._mapped.values())) if codes else {}
        self.ours = {str(line.pk): line for line in order.lines.select_related("unit")}
        self._state, self._kept = state, factors_of(state)

    def in_ours(self, our_id: str, line: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a line of a document with its quantities in our unit.

        Raises NoQuantityInOurUnit for one that is no exact quantity of ours.
        """
        own, code = self.ours[our_id], line.get("unit")
        if own.unit is None:
            return line
        factor = self._factor(our_id, own.unit, code)
        if factor == 1:
            return line
        counted = {name: line[name] for name in COUNTED if line.get(name) is not None}
        found = {
            name: converted_quantity(abs(each), factor) if factor is not None else None
            for name, each in counted.items()
        }
        if None in found.values():
            raise NoQuantityInOurUnit(
                _(
                    "%(quantity)s of %(line)s are no exact quantity in our unit %(unit)s.",
                    quantity=f"{counted['quantity']} {code or ''}".strip(),
                    line=own.description,
                    unit=own.unit,
                )
            )
        signs = {name: -1 if each < 0 else 1 for name, each in counted.items()}
        return {**line, **{name: signs[name] * each for name, each in found.items() if each}}

    def _factor(self, our_id: str, own: Unit, code: str | None) -> Fraction | None:
        """Return how many of our unit make one of the line's, None where nobody knows."""
        if code:
            unit = self._units[self._mapped[Kind.UNIT.value, code]]
            return factor_of(unit, own) if unit.group_id == own.group_id else None
        held = self._state.held.get(f"line.{our_id}.unit")
        if held and held != str(own.pk):
            return None
        return self._kept.get(our_id, Fraction(1))


def _find_order(connection: Connection, theirs: Mapping[str, Any]) -> uuid.UUID:
    """Find the order as that of a snapshot is found."""
    key = find_shared(connection, theirs["id"], theirs["number"], theirs.get("throughline_id"))
    if key is None or not Order.objects.filter(pk=key, number__isnull=False).exists():
        raise UnknownDocument(theirs["number"])
    return key
