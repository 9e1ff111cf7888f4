"""Quantities of an order, added up from its shipments and returns: what fits counts.

What does not fit, because more is shipped than ordered or more returned than shipped, stays on the
shipment as it was reported, and is returned to the caller as the refusal that names the line.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator
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


def update_progress(order: Order, shipment: Shipment, actor: Actor) -> list[Excess]:
    """Update the order's quantities from its shipments; billing and events follow from them.

    Returns what does not fit; a person's use case refuses it, a report is kept beside it.
    """
    moved = _moved(order)
    lines = list(order.lines.all())
    record_progress(
        order,
        {line.pk: moved[line.pk].progress(line.most_shipped) for line in lines},
        actor=actor,
        data={"shipment": shipment_snapshot(shipment)},
        shipment_ref=shipment.reference,
    )
    return [excess for line in lines for excess in _excess(line, moved[line.pk])]


def refuse_excess(shipment: Shipment, found: list[Excess]) -> None:
    """Refuse what a person records beyond what fits, where this shipment is about it."""
    lines = set(shipment.lines.values_list("order_line", flat=True))
    for excess in found:
        if excess.line.pk in lines:
            raise excess.refusal


def excess_of(order: Order) -> list[Excess]:
    """Return what of an order's shipments and returns does not fit."""
    moved = _moved(order)
    return [each for line in order.lines.all() for each in _excess(line, moved[line.pk])]


def is_up_to_date(order: Order) -> bool:
    """Whether the order's lines count what fits now; a change order may have made room."""
    moved = _moved(order)
    return all(
        moved[line.pk].progress(line.most_shipped)
        == Progress(
            line.shipped_quantity,
            line.delivered_quantity,
            line.returned_quantity,
            line.replaced_quantity,
        )
        for line in order.lines.all()
    )


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
