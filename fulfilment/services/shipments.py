"""Shipments, reported by an external system or recorded by a person.

Reports are merged: quantities by their maximum per line, statuses by the furthest one, tracking
numbers by union. So the order in which they arrive does not matter.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext

from common.errors import DomainError, Duplicate, IllegalTransition, MissingField
from crm.actors import Actor, System
from crm.models import User
from fulfilment.cloudevents import plain
from fulfilment.models import Parcel, Shipment, ShipmentLine
from fulfilment.sync.status_order import SHIPMENT_STATUSES, furthest
from sales.models import Order, OrderLine
from sales.pricing.errors import InvalidQuantity
from sales.services.billing.order_progress import Progress, record_progress
from sales.services.billing.part_quantities import check_part
from sales.services.errors import OnHold, UnknownLine
from sales.services.orders import lock_order

Status = Shipment.Status
Direction = Shipment.Direction
ZERO = Decimal(0)


class NotAShipment(IllegalTransition):
    """The record is a return, not a shipment."""

    code = "not_a_shipment"


class NothingToShip(DomainError):
    """Everything that was ordered is shipped."""

    code = "nothing_to_ship"


@dataclass(frozen=True, slots=True)
class ShipmentReport:
    """The reported state of a shipment; quantities are its totals, not differences."""

    reference: str
    status: str
    lines: Mapping[uuid.UUID, Decimal]
    carrier: str = ""
    tracking: str = ""
    sequence: int = 0


def check_can_ship(order: Order) -> None:
    """Refuse to ship an order that is not submitted, is on hold, or has left in full."""
    if order.status != Order.Status.SUBMITTED:
        raise IllegalTransition(
            gettext("%(order)s is %(status)s: only submitted orders are shipped.")
            % {"order": order, "status": order.get_status_display()}
        )
    if order.is_on_hold:
        raise OnHold(
            gettext("%(order)s is on hold (%(reason)s): release it first.")
            % {"order": order, "reason": order.hold_reason}
        )
    if order.is_shipped:
        raise NothingToShip(
            gettext("Everything of %(order)s is shipped: change the order to ship more.")
            % {"order": order}
        )


@transaction.atomic
def record_shipment(
    order_id: uuid.UUID,
    *,
    actor: Actor,
    lines: Mapping[uuid.UUID, Decimal],
    status: str = Status.SHIPPED,
    carrier: str = "",
    tracking: str = "",
    reference: str | None = None,
) -> Shipment:
    """Record a shipment by hand; quantities that it does not contain stay open."""
    order = lock_order(order_id)
    check_can_ship(order)
    wanted = check_quantities(order, lines)
    name = reference or next_reference(order, "S")
    if order.shipments.filter(reference=name).exists():
        raise Duplicate(
            gettext("%(order)s has a shipment %(reference)s already.")
            % {"order": order, "reference": name},
            field="reference",
        )
    report = ShipmentReport(name, status, wanted, carrier.strip(), tracking.strip())
    shipment, _ = merge_report(order, report, actor=actor)
    return shipment


@transaction.atomic
def move_shipment(shipment_id: uuid.UUID, *, actor: Actor, status: str) -> Shipment:
    """Move a shipment to its next status: shipped, delivered, failed."""
    shipment = Shipment.objects.get(pk=shipment_id)
    order = lock_order(shipment.order_id)
    shipment = Shipment.objects.select_for_update(of=("self",)).get(pk=shipment_id)
    _move(shipment, status)
    update_progress(order, shipment, actor)
    return shipment


@transaction.atomic
def add_parcel(
    shipment_id: uuid.UUID,
    *,
    actor: Actor,
    tracking: str,
    carrier: str = "",
    weight_kg: Decimal | None = None,
) -> Shipment:
    """Note a parcel of a shipment; the first one's number becomes the shipment's own."""
    order = lock_order(Shipment.objects.values_list("order_id", flat=True).get(pk=shipment_id))
    shipment = Shipment.objects.select_for_update(of=("self",)).get(pk=shipment_id)
    number = tracking.strip()
    if not number:
        raise MissingField(gettext("Give the parcel's tracking number."), field="tracking")
    if shipment.parcels.filter(tracking=number).exists():
        raise Duplicate(
            gettext("%(shipment)s has a parcel %(number)s already.")
            % {"shipment": shipment, "number": number},
            field="tracking",
        )
    Parcel.objects.create(
        shipment=shipment, tracking=number, carrier=carrier.strip(), weight_kg=weight_kg
    )
    if not shipment.tracking:
        shipment.change(carrier=carrier.strip() or shipment.carrier, tracking=number)
    update_progress(order, shipment, actor)
    return shipment


def merge_report(order: Order, report: ShipmentReport, *, actor: Actor) -> tuple[Shipment, bool]:
    """Merge a report into a shipment; also returns whether it changed anything.

    The caller holds the order's lock. Refuses lines the order does not have, and more than ordered.
    """
    lines = lines_to_ship(order)
    if unknown := set(report.lines) - set(lines):
        line_id = min(unknown)
        raise UnknownLine(
            gettext("%(order)s has no line %(line)s.") % {"order": order, "line": line_id},
            line=str(line_id),
        )
    shipment, is_new = Shipment.objects.get_or_create(
        order=order, reference=report.reference, defaults=recorder_of(actor)
    )
    if shipment.direction != Direction.OUT:
        raise NotAShipment(
            gettext("%(shipment)s is a return, not a shipment.") % {"shipment": shipment}
        )
    held = {line.order_line_id: line for line in shipment.lines.all()}
    _check_parts(shipment, lines, held, report.lines)
    changes = [
        is_new,
        _merge_lines(shipment, held, report.lines),
        _merge_status(shipment, report.status),
        _merge_tracking(shipment, report),
    ]
    if any(changes):
        update_progress(order, shipment, actor)
    return shipment, any(changes)


def _check_parts(
    shipment: Shipment,
    lines: Mapping[uuid.UUID, OrderLine],
    held: Mapping[uuid.UUID, ShipmentLine],
    wanted: Mapping[uuid.UUID, Decimal],
) -> None:
    """Refuse quantities that a product is not sold in, unless they are all that is left."""
    has_left = shipment.status in Shipment.LEFT
    for pk, quantity in wanted.items():
        before = held[pk].quantity if pk in held else ZERO
        if quantity > before:
            left = lines[pk].open_to_ship + (before if has_left else ZERO)
            check_part(lines[pk], quantity, left=left)


def _merge_lines(
    shipment: Shipment,
    held: Mapping[uuid.UUID, ShipmentLine],
    lines: Mapping[uuid.UUID, Decimal],
) -> bool:
    added = [
        ShipmentLine(shipment=shipment, order_line_id=pk, quantity=quantity)
        for pk, quantity in lines.items()
        if quantity > 0 and pk not in held
    ]
    grown = [line for pk, line in held.items() if lines.get(pk, ZERO) > line.quantity]
    for line in grown:
        line.quantity = lines[line.order_line_id]
    ShipmentLine.objects.bulk_create(added)
    ShipmentLine.objects.bulk_update(grown, ["quantity"])
    return bool(added or grown)


def _merge_status(shipment: Shipment, status: str) -> bool:
    reached = furthest(SHIPMENT_STATUSES, shipment.status, status)
    if reached == shipment.status:
        return False
    _move(shipment, reached)
    return True


def _move(shipment: Shipment, status: str) -> None:
    now, moments = timezone.now(), {}
    if status in Shipment.LEFT and shipment.shipped_at is None:
        moments["shipped_at"] = now
    if status == Status.DELIVERED:
        moments["delivered_at"] = now
    shipment.move_to(status, **moments)


def _merge_tracking(shipment: Shipment, report: ShipmentReport) -> bool:
    """Store every tracking number as a parcel; that of the latest report is the shipment's own."""
    is_new = False
    if report.tracking:
        _, is_new = Parcel.objects.get_or_create(
            shipment=shipment, tracking=report.tracking, defaults={"carrier": report.carrier}
        )
    reported = (report.carrier, report.tracking)
    if not any(reported) or report.sequence < shipment.report_sequence:
        return is_new
    is_changed = reported != (shipment.carrier, shipment.tracking)
    shipment.change(
        carrier=report.carrier, tracking=report.tracking, report_sequence=report.sequence
    )
    return is_new or is_changed


def update_progress(order: Order, shipment: Shipment, actor: Actor) -> None:
    """Update the order's quantities from its shipments; billing and events follow from them."""
    record_progress(
        order,
        _progress(order),
        actor=actor,
        data={"shipment": shipment_snapshot(shipment)},
        shipment_ref=shipment.reference,
    )


def _progress(order: Order) -> dict[uuid.UUID, Progress]:
    """Add up the quantities of all shipments of an order."""
    shipped: defaultdict[uuid.UUID, Decimal] = defaultdict(Decimal)
    delivered: defaultdict[uuid.UUID, Decimal] = defaultdict(Decimal)
    returned: defaultdict[uuid.UUID, Decimal] = defaultdict(Decimal)
    replaced: defaultdict[uuid.UUID, Decimal] = defaultdict(Decimal)
    sums = (
        ShipmentLine.objects.filter(shipment__order=order)
        .values_list(
            "order_line", "shipment__direction", "shipment__status", "shipment__is_replaced"
        )
        .annotate(sum=Sum("quantity"))
    )
    for pk, direction, status, is_replaced, quantity in sums:
        if direction == Direction.RETURN:
            returned[pk] += quantity
            replaced[pk] += quantity if is_replaced else ZERO
        elif status in Shipment.LEFT:
            shipped[pk] += quantity
            delivered[pk] += quantity if status == Status.DELIVERED else ZERO
    return {
        pk: Progress(shipped[pk], delivered[pk], returned[pk], replaced[pk])
        for pk in order.lines.values_list("pk", flat=True)
    }


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


def check_quantities(order: Order, lines: Mapping[uuid.UUID, Decimal]) -> dict[uuid.UUID, Decimal]:
    """Return the quantities that are not zero; refuse other orders' lines, negatives and none."""
    wanted = {pk: quantity for pk, quantity in lines.items() if quantity}
    if not wanted:
        raise MissingField(gettext("Give the quantity of one line at least."), field="lines")
    if any(quantity < 0 for quantity in wanted.values()):
        raise InvalidQuantity(gettext("A quantity cannot be negative."), field="lines")
    known = set(order.lines.values_list("pk", flat=True))
    if unknown := set(wanted) - known:
        raise UnknownLine(
            gettext("%(order)s has no such line.") % {"order": order}, line=str(min(unknown))
        )
    return wanted


def lines_to_ship(order: Order) -> dict[uuid.UUID, OrderLine]:
    """Read the lines of an order by their id, with what decides in what steps they are shipped."""
    lines = order.lines.select_related("product", "price_list_item")
    return {line.pk: line for line in lines}


def next_reference(order: Order, letter: str) -> str:
    """Return the next free reference of a shipment or return: O-2026-00042-S1."""
    used = set(order.shipments.values_list("reference", flat=True))
    number = 1
    while f"{order.number}-{letter}{number}" in used:
        number += 1
    return f"{order.number}-{letter}{number}"


def recorder_of(actor: Actor) -> dict[str, Any]:
    """Return the columns that say who recorded a shipment."""
    return {
        "source": actor.connection if isinstance(actor, System) else "",
        "recorded_by": actor if isinstance(actor, User) else None,
    }
