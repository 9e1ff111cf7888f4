"""Returns: goods of an order that came back, to be replaced or not."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext

from common.errors import Duplicate
from common.formatting import format_quantity
from crm.actors import Actor
from fulfilment.models import Shipment, ShipmentLine
from fulfilment.services.order_quantities import refuse_excess, update_progress
from fulfilment.services.shipments import (
    check_quantities,
    lines_to_ship,
    next_reference,
    recorder_of,
)
from sales.models import Order, OrderLine
from sales.pricing.errors import QuantityExceedsOpen
from sales.services.billing.part_quantities import check_part
from sales.services.documents.duties import refuse_if_shipped_elsewhere
from sales.services.documents.locks import lock_order

Status = Shipment.Status
Direction = Shipment.Direction
ZERO = Decimal(0)


@transaction.atomic
def record_return(
    order_id: uuid.UUID,
    *,
    actor: Actor,
    lines: Mapping[uuid.UUID, Decimal],
    returns: Shipment | None = None,
    replace: bool = False,
    carrier: str = "",
    tracking: str = "",
    reference: str | None = None,
) -> Shipment:
    """Record returned goods; never more than were shipped, nor than the given shipment contains.

    What is replaced is open to ship again; otherwise it is closed, and not billed any more.
    """
    order = lock_order(order_id)
    refuse_if_shipped_elsewhere(order.company, actor)
    wanted = check_quantities(order, lines)
    name = reference or next_reference(order, "R")
    _refuse_known(order, name)
    _check_parts(order, returns, wanted)
    shipment = Shipment.objects.create(
        order=order,
        direction=Direction.RETURN,
        returns=returns,
        is_replaced=replace,
        reference=name,
        status=Status.DELIVERED,
        carrier=carrier.strip(),
        tracking=tracking.strip(),
        delivered_at=timezone.now(),
        **recorder_of(actor),
    )
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=shipment, order_line_id=pk, quantity=quantity)
        for pk, quantity in wanted.items()
    )
    refuse_excess(shipment, update_progress(order, shipment, actor))
    return shipment


def check_can_return(shipment: Shipment, left: Mapping[uuid.UUID, Decimal], actor: Actor) -> None:
    """Refuse a return of what another system ships, or of which nothing is left."""
    refuse_if_shipped_elsewhere(shipment.order.company, actor)
    if not any(left.values()):
        raise QuantityExceedsOpen(
            gettext("Nothing of %(shipment)s is left to return: choose another shipment.")
            % {"shipment": shipment}
        )


def left_to_return(shipment: Shipment) -> dict[uuid.UUID, Decimal]:
    """Return how much of each line of a shipment that left was not returned."""
    if shipment.direction != Direction.OUT or shipment.status not in Shipment.LEFT:
        return {}
    left = dict(shipment.lines.values_list("order_line", "quantity"))
    back = ShipmentLine.objects.filter(shipment__returns=shipment).values_list("order_line")
    for pk, quantity in back.annotate(sum=Sum("quantity")).order_by():
        left[pk] = left.get(pk, ZERO) - quantity
    return left


def _check_parts(
    order: Order, shipment: Shipment | None, wanted: Mapping[uuid.UUID, Decimal]
) -> None:
    """Refuse more than left, and quantities that a product is not sold in."""
    lines = lines_to_ship(order)
    left = {pk: line.shipped_quantity - line.returned_quantity for pk, line in lines.items()}
    if shipment is not None:
        left = left_to_return(shipment)
        _check_left_to_return(shipment, lines, left, wanted)
    for pk, quantity in wanted.items():
        check_part(lines[pk], quantity, left=left[pk])


def _refuse_known(order: Order, reference: str) -> None:
    """Refuse a second return with a reference; a shipment may have it."""
    if order.shipments.filter(direction=Direction.RETURN, reference=reference).exists():
        raise Duplicate(
            gettext("%(order)s has a return %(reference)s already: give another reference.")
            % {"order": order, "reference": reference},
            field="reference",
        )


def _check_left_to_return(
    shipment: Shipment,
    lines: Mapping[uuid.UUID, OrderLine],
    left: Mapping[uuid.UUID, Decimal],
    wanted: Mapping[uuid.UUID, Decimal],
) -> None:
    for pk, quantity in wanted.items():
        most = left.get(pk, ZERO)
        if quantity <= most:
            continue
        sentence = gettext(
            "Nothing of %(line)s in %(shipment)s can still be returned: leave it out."
        )
        if most > 0:
            sentence = gettext(
                "Only %(left)s of %(line)s in %(shipment)s can still be returned: "
                "enter at most %(left)s."
            )
        raise QuantityExceedsOpen(
            sentence
            % {
                "left": format_quantity(most),
                "line": lines[pk].description,
                "shipment": shipment,
            },
            line=str(pk),
        )
