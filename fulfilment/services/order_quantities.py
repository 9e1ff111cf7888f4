"""Quantities of an order, added up from its shipments and returns: what fits counts.

What does not fit, because more is shipped than ordered or more returned than shipped, stays on the
shipment as it was reported, and is returned to the caller as the refusal that names the line.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from common.errors import DomainError
from common.sentences import Sentence
from crm.actors import Actor
from fulfilment.cloudevents import plain
from fulfilment.models import Shipment, ShipmentLine
from sales.models import Order, OrderLine
from sales.services.billing.bundle_units import shipped_as_parts
from sales.services.errors import OverReturned, OverShipped
from sales.services.order_progress import Progress, record_progress

Status = Shipment.Status
Direction = Shipment.Direction
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Excess:
    """More of a line is reported than fits: how much does, and the refusal that says so."""

    line: OrderLine
    fits: Decimal
    reported: Decimal
    refusal: DomainError
    is_return: bool = False

    @property
    def reason(self) -> str | Sentence:
        """Say that it does not fit."""
        return self.refusal.message


@dataclass(slots=True)
class Moved:
    """What the shipments and returns of an order move of one line, in total."""

    out: Decimal = ZERO
    delivered: Decimal = ZERO
    back: Decimal = ZERO
    swapped: Decimal = ZERO

    def progress(self, ordered: Decimal) -> Progress:
        """Return what of it counts: no more out than ordered and replaced, none back twice."""
        replaced = min(self.swapped, self.back, ordered + min(self.swapped, self.out), self.out)
        shipped = min(self.out, ordered + replaced)
        return Progress(
            shipped=shipped,
            delivered=min(self.delivered, shipped),
            returned=min(self.back, shipped),
            replaced=replaced,
        )


@dataclass(frozen=True, slots=True)
class Quantities:
    """The lines of an order, and what its shipments and returns move of each, in total."""

    lines: Sequence[OrderLine]
    moved: Mapping[uuid.UUID, Moved]

    @property
    def progress(self) -> dict[uuid.UUID, Progress]:
        """What counts of each line: what fits; of bundles that follow their parts, nothing."""
        return {line.pk: self._moved(line).progress(line.most_shipped) for line in self._counted}

    @property
    def excess(self) -> list[Excess]:
        """What does not fit."""
        return [each for line in self.lines for each in _excess(line, self._moved(line))]

    @property
    def is_up_to_date(self) -> bool:
        """Whether the lines count what fits now; a change order may have made room."""
        stored = {
            line.pk: Progress(
                line.shipped_quantity,
                line.delivered_quantity,
                line.returned_quantity,
                line.replaced_quantity,
            )
            for line in self._counted
        }
        return stored == self.progress

    @property
    def _counted(self) -> list[OrderLine]:
        follow = shipped_as_parts(self.lines)
        return [line for line in self.lines if line.pk not in follow]

    def _moved(self, line: OrderLine) -> Moved:
        return self.moved.get(line.pk) or Moved()


def read_lines(order: Order) -> list[OrderLine]:
    """Read all lines of an order, with what decides in what steps they are shipped."""
    return list(order.lines.select_related("product", "price_list_item"))


def read_quantities(order: Order, lines: Sequence[OrderLine] | None = None) -> Quantities:
    """Read what an order's shipments and returns move of its lines, and these unless given."""
    return Quantities(read_lines(order) if lines is None else lines, _moved(order))


def update_progress(
    order: Order, shipment: Shipment, actor: Actor, quantities: Quantities | None = None
) -> list[Excess]:
    """Update the order's quantities from its shipments; billing and events follow from them.

    The caller holds the order's lock. Returns what does not fit; a person's use case refuses it,
    a report is kept beside it.
    """
    quantities = quantities or read_quantities(order)
    record_progress(
        order,
        quantities.progress,
        actor=actor,
        data={"shipment": shipment_snapshot(shipment)},
        shipment_ref=shipment.reference,
        lines=quantities.lines,
    )
    return quantities.excess


def refuse_excess(shipment: Shipment, found: list[Excess]) -> None:
    """Refuse what a person records beyond what fits, where this shipment is about it."""
    lines = set(shipment.lines.values_list("order_line", flat=True))
    for excess in found:
        if excess.line.pk in lines:
            raise excess.refusal


def _excess(line: OrderLine, moved: Moved) -> Iterator[Excess]:
    counted = moved.progress(line.most_shipped)
    if moved.out > counted.shipped:
        yield Excess(line, line.most_shipped, moved.out, OverShipped(line, moved.out))
    if moved.back > counted.returned:
        refusal = OverReturned(line, moved.back, counted.shipped)
        yield Excess(line, counted.shipped, moved.back, refusal, is_return=True)


def _moved(order: Order) -> defaultdict[uuid.UUID, Moved]:
    """Add up the quantities of all shipments and returns of an order."""
    found: defaultdict[uuid.UUID, Moved] = defaultdict(Moved)
    sums = (
        ShipmentLine.objects.filter(shipment__order=order)
        .values_list(
            "order_line", "shipment__direction", "shipment__status", "shipment__is_replaced"
        )
        .annotate(sum=Sum("quantity"))
    )
    for pk, direction, status, is_replaced, quantity in sums:
        moved = found[pk]
        if direction == Direction.RETURN:
            moved.back += quantity
            moved.swapped += quantity if is_replaced else ZERO
        elif status in Shipment.LEFT:
            moved.out += quantity
            moved.delivered += quantity if status == Status.DELIVERED else ZERO
    return found


def shipment_snapshot(shipment: Shipment) -> dict[str, Any]:
    """Return the snapshot of a shipment that is sent with its event."""
    return {
        "id": str(shipment.pk),
        "reference": shipment.reference,
        "direction": shipment.direction,
        "status": shipment.status,
        "carrier": shipment.carrier,
        "tracking": shipment.tracking,
        "is_replaced": shipment.is_replaced,
        "lines": [
            {"order_line": str(pk), "quantity": plain(quantity)}
            for pk, quantity in shipment.lines.values_list("order_line", "quantity")
        ],
    }
