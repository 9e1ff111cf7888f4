"""Shipments and returns of an order, with their parcels and actions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef
from django.db.models.functions import Cast, JSONObject
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from common.formatting import format_quantity
from crm.models import User
from fulfilment.models import Parcel, Shipment, ShipmentLine
from fulfilment.services.returns import check_can_return
from fulfilment.services.shipments import check_can_ship
from sales.models import Order, OrderLine
from web.chips.handoffs import shipment_chip
from web.display import Action, Chip, When
from web.icons import draw_icon
from web.pages.duties import ship_elsewhere_reason
from web.pages.records import refusal_of


@dataclass(frozen=True, slots=True)
class ShipmentRow:
    """One shipment, or return, as the page of its order shows it."""

    reference: str
    icon: SafeString
    note: str
    """That it is a return, and of which shipment; empty for a shipment."""
    contents: Sequence[tuple[str, str]]
    """Quantity and description of each line."""
    transport: str
    parcels: Sequence[str]
    chip: Chip
    when: When
    actions: Sequence[Action]
    actions_label: str


def read_shipments(order: Order) -> list[Any]:
    """Read an order's shipments with lines and parcels, in one statement."""
    text = models.TextField()
    lines = ShipmentLine.objects.filter(shipment=OuterRef("pk")).order_by("id")
    line = JSONObject(quantity=Cast("quantity", text), what="order_line__description")
    parcels = Parcel.objects.filter(shipment=OuterRef("pk")).order_by("id")
    parcel = JSONObject(carrier="carrier", tracking="tracking", weight_kg=Cast("weight_kg", text))
    return list(
        order.shipments.select_related("returns")
        .annotate(
            lines_read=ArraySubquery(lines.values(read=line)),
            parcels_read=ArraySubquery(parcels.values(read=parcel)),
        )
        .order_by("id")
    )


def shipment_rows(shipments: Sequence[Any], user: User) -> list[ShipmentRow]:
    """Format the shipments that `read_shipments` read."""
    may_change = user.has_perm("fulfilment.change_shipment")
    return [_row(each, shipment_actions(each, user) if may_change else ()) for each in shipments]


def _row(shipment: Any, actions: Sequence[Action]) -> ShipmentRow:
    is_return = shipment.direction == Shipment.Direction.RETURN
    return ShipmentRow(
        reference=shipment.reference,
        icon=draw_icon("truck-return" if is_return else "truck-delivery"),
        note=_return_note(shipment) if is_return else "",
        contents=[
            (format_quantity(Decimal(line["quantity"])), line["what"])
            for line in shipment.lines_read
        ],
        transport=_transport(shipment),
        parcels=[
            _parcel(parcel)
            for parcel in shipment.parcels_read
            if parcel["tracking"] != shipment.tracking or parcel["weight_kg"]
        ],
        chip=shipment_chip(shipment),
        when=When.of(shipment.updated_at),
        actions=actions,
        actions_label=gettext("Actions on %(shipment)s") % {"shipment": shipment},
    )


def _return_note(shipment: Shipment) -> str:
    if shipment.returns is None:
        return gettext("returned")
    return gettext("return of %(shipment)s") % {"shipment": shipment.returns}


def _transport(shipment: Shipment) -> str:
    reported = gettext("typed by hand")
    if shipment.source:
        reported = gettext("reported by %(source)s") % {"source": shipment.source}
    return " · ".join(filter(None, (shipment.carrier, shipment.tracking, reported)))


def _parcel(parcel: dict[str, Any]) -> str:
    weight = ""
    if parcel["weight_kg"]:
        weight = gettext("%(weight)s kg") % {
            "weight": format_quantity(Decimal(parcel["weight_kg"]))
        }
    parts = gettext("Parcel"), parcel["carrier"], parcel["tracking"], weight
    return " · ".join(filter(None, parts))


def shipment_actions(shipment: Shipment, user: User) -> list[Action]:
    """List what a person can record of a shipment now; what cannot be has its reason."""
    if shipment.direction != Shipment.Direction.OUT:
        return []

    def url(name: str, *more: str) -> str:
        return reverse(f"fulfilment:shipment-{name}", args=[shipment.pk, *more])

    status = Shipment.Status
    labels = {
        status.SHIPPED: (gettext("Mark as shipped"), "truck-delivery"),
        status.DELIVERED: (gettext("Mark as delivered"), "home-check"),
    }
    reason = ship_elsewhere_reason(shipment.order.company, user)
    moves = [
        Action(label, url("move", to), icon, reason=reason if shipment.leaves_by(to) else "")
        for to, (label, icon) in labels.items()
        if shipment.can_move_to(to)
    ]
    parcel = Action(gettext("Add a parcel"), url("parcel"), "package", asks=True, dialog=True)
    back = Action(
        gettext("Record a return"), url("return"), "truck-return", asks=True, reason=reason
    )
    return [*moves, parcel, *([back] if shipment.status in Shipment.LEFT else [])]


def no_ship_reason(order: Order, lines: Sequence[OrderLine], user: User) -> str:
    """Return why nothing can be shipped now; empty when something can."""
    return refusal_of(lambda shipped: check_can_ship(shipped, lines, user), order)


def no_return_reason(shipment: Shipment, left: Mapping[uuid.UUID, Decimal], user: User) -> str:
    """Return why nothing of a shipment can be returned here; empty when something can."""
    return refusal_of(lambda returned: check_can_return(returned, left, user), shipment)
