"""Shipments that a person records and moves."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from common.errors import DomainError, Duplicate, IllegalTransition, MissingField
from crm.actors import Actor, System
from crm.models import User
from fulfilment.models import Parcel, Shipment, ShipmentLine
from fulfilment.services.order_quantities import read_lines, refuse_excess, update_progress
from sales.models import Order, OrderLine
from sales.pricing.quantities import check_not_negative
from sales.services.billing.bundle_units import shipped_as_parts
from sales.services.billing.part_quantities import check_part
from sales.services.documents.duties import refuse_if_shipped_elsewhere
from sales.services.documents.locks import lock_order
from sales.services.errors import OnHold, no_such_line, shipped_with_parts

Status = Shipment.Status
Direction = Shipment.Direction


class NothingToShip(DomainError):
    """Everything that was ordered is shipped."""

    code = "nothing_to_ship"


def check_can_ship(order: Order, lines: Iterable[OrderLine], actor: Actor) -> None:
    """Refuse to ship what another system ships, is not submitted, is on hold, or has all left."""
    refuse_if_shipped_elsewhere(order.company, actor)
    if not order.is_submitted:
        raise IllegalTransition(
            gettext(
                "%(order)s is %(status)s: only submitted orders are shipped. "
                "Submit it if it is a draft, or choose another order."
            )
            % {"order": order, "status": order.status_word}
        )
    if order.is_on_hold:
        raise OnHold(
            gettext("%(order)s is on hold (%(reason)s): release it first.")
            % {"order": order, "reason": order.hold_reason}
        )
    if not any(line.counts and line.open_to_ship for line in lines):
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
    check_can_ship(order, lines_to_ship(order).values(), actor)
    wanted = check_quantities(order, lines)
    name = reference or next_reference(order, "S")
    if order.shipments.filter(direction=Direction.OUT, reference=name).exists():
        raise Duplicate(
            gettext("%(order)s has a shipment %(reference)s already: give another reference.")
            % {"order": order, "reference": name},
            field="reference",
        )
    check_parts(lines_to_ship(order), wanted)
    shipment = _create(order, name, wanted, carrier.strip(), tracking.strip(), actor)
    if status != Status.PLANNED:
        move(shipment, status)
    refuse_excess(shipment, update_progress(order, shipment, actor))
    return shipment


def _create(
    order: Order,
    reference: str,
    lines: Mapping[uuid.UUID, Decimal],
    carrier: str,
    tracking: str,
    actor: Actor,
) -> Shipment:
    """Create a planned shipment with its lines, and its parcel if that has a number."""
    shipment = Shipment.objects.create(
        order=order,
        reference=reference,
        carrier=carrier,
        tracking=tracking,
        **recorder_of(actor),
    )
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=shipment, order_line_id=pk, quantity=quantity)
        for pk, quantity in lines.items()
    )
    if tracking:
        Parcel.objects.create(shipment=shipment, tracking=tracking, carrier=carrier)
    return shipment


@transaction.atomic
def move_shipment(shipment_id: uuid.UUID, *, actor: Actor, status: str) -> Shipment:
    """Move a shipment to its next status: shipped, delivered, failed."""
    shipment = Shipment.objects.get(pk=shipment_id)
    order = lock_order(shipment.order_id)
    shipment = Shipment.objects.select_for_update(of=("self",)).get(pk=shipment_id)
    if shipment.leaves_by(status):
        refuse_if_shipped_elsewhere(order.company, actor)
    move(shipment, status)
    refuse_excess(shipment, update_progress(order, shipment, actor))
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
            gettext("%(shipment)s has a parcel %(number)s already: give another tracking number.")
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


def check_parts(lines: Mapping[uuid.UUID, OrderLine], wanted: Mapping[uuid.UUID, Decimal]) -> None:
    """Refuse quantities that a product is not sold in, unless they are all that is left."""
    for pk, quantity in wanted.items():
        check_part(lines[pk], quantity, left=lines[pk].open_to_ship)


def moments_of(shipment: Shipment, status: str) -> dict[str, dt.datetime]:
    """Return when the goods left or arrived, where the status says that they do now."""
    moments, now = {}, timezone.now()
    if status in Shipment.LEFT and shipment.shipped_at is None:
        moments["shipped_at"] = now
    if status == Status.DELIVERED:
        moments["delivered_at"] = now
    return moments


def move(shipment: Shipment, status: str) -> None:
    """Move a shipment to a later status, with the moment of it."""
    shipment.move_to(status, **moments_of(shipment, status))


def check_quantities(order: Order, lines: Mapping[uuid.UUID, Decimal]) -> dict[uuid.UUID, Decimal]:
    """Return the quantities that are not zero; refuse other orders' lines, negatives and none."""
    wanted = {pk: quantity for pk, quantity in lines.items() if quantity}
    if not wanted:
        raise MissingField(gettext("Give the quantity of one line at least."), field="lines")
    check_not_negative(min(wanted.values()), "lines")
    known = lines_to_ship(order)
    if unknown := set(wanted) - set(known):
        raise no_such_line(order, str(min(unknown)))
    for pk in shipped_as_parts(list(known.values())) & set(wanted):
        raise shipped_with_parts(known[pk])
    return wanted


def lines_to_ship(order: Order) -> dict[uuid.UUID, OrderLine]:
    """Read what is sold on an order by its id, with what decides in what steps it is shipped."""
    return sold_of(read_lines(order))


def sold_of(lines: Iterable[OrderLine]) -> dict[uuid.UUID, OrderLine]:
    """Keep what is sold of the lines of an order, by its id."""
    return {line.pk: line for line in lines if line.is_sold}


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
