"""Pieces about the outside world that other pages place."""

from __future__ import annotations

from typing import Any

from django import template
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext

from fulfilment.models import Connection, Handoff, Shipment
from fulfilment.monitoring.integration_log import entries_for
from sales.models import AnyDocument, Order
from web.chips import handoffs as chips
from web.display import TONE_CLASS, Action, Actions, Chip, TraceStep
from web.pages.document_flow import trace_steps

register = template.Library()

SHOWN = 12


@register.simple_tag(takes_context=True, name="trace")
def trace_tag(context: template.Context, record: models.Model) -> list[TraceStep]:
    """Draw the way from lead to official number."""
    return trace_steps(record, context["request"].user)


def handoffs_of(document: AnyDocument) -> models.QuerySet[Handoff]:
    """Find the handoffs of a document's own events, newest first."""
    own = Q(event__subject_id=document.pk)
    of_lane = Q(lane__root_id=document.pk) if isinstance(document, Order) else Q()
    return Handoff.objects.filter(own | of_lane).order_by("-id")


@register.simple_tag
def sync_chip(document: AnyDocument) -> Chip | str:
    """Draw the fourth chip: whether the other systems know."""
    states = handoffs_of(document).order_by().values_list("state", flat=True).distinct()
    return chips.sync_chip(states) or ""


@register.inclusion_tag("fulfilment/handoffs.html")
def handoffs(document: AnyDocument) -> dict[str, Any]:
    """Show who was told what about a document, and what they answered."""
    related = ("event", "lane__connection")
    found = handoffs_of(document).select_related(*related)[:SHOWN]
    return {"handoffs": [(handoff, chips.handoff_chip(handoff)) for handoff in found]}


@register.inclusion_tag("fulfilment/story.html")
def story(document: AnyDocument) -> dict[str, Any]:
    """Tell in plain words what passed between a document and the other systems, newest first."""
    told = [(entry, TONE_CLASS[entry.tone]) for entry in reversed(entries_for(document))]
    return {"newest": told[:SHOWN], "earlier": told[SHOWN:]}


@register.inclusion_tag("fulfilment/shipments.html", takes_context=True)
def shipments(context: template.Context, order: Order) -> dict[str, Any]:
    """Show what left for an order, where it is, and what came back."""
    related = ("lines__order_line", "parcels")
    found = order.shipments.select_related("returns").prefetch_related(*related).order_by("id")
    may_change = context["request"].user.has_perm("fulfilment.change_shipment")
    return {
        "record": order,
        "shipments": [
            (
                shipment,
                chips.shipment_chip(shipment),
                shipment_verbs(shipment) if may_change else [],
            )
            for shipment in found
        ],
        "csrf_token": context.get("csrf_token"),
    }


def shipment_verbs(shipment: Shipment) -> list[Action]:
    """List what a person can say of a shipment now."""
    if shipment.direction != Shipment.Direction.OUT:
        return []

    def address(name: str, *more: str) -> str:
        return reverse(f"fulfilment:shipment-{name}", args=[shipment.pk, *more])

    status = Shipment.Status
    looks = {
        status.SHIPPED: (gettext("It left"), "truck-delivery"),
        status.DELIVERED: (gettext("It arrived"), "home-check"),
    }
    moves = [
        Action(label, address("move", to), icon)
        for to, (label, icon) in looks.items()
        if shipment.can_move_to(to)
    ]
    parcel = Action(gettext("Add a parcel"), address("parcel"), "package", asks=True, dialog=True)
    back = Action(gettext("Record a return"), address("return"), "truck-return", asks=True)
    return [*moves, parcel, *([back] if shipment.status in Shipment.LEFT else [])]


@register.simple_tag(takes_context=True)
def order_verbs(context: template.Context, order: Order, verbs: Actions) -> Actions:
    """Add what the outside world can do for an order: ship it."""
    user = context["request"].user
    if order.number is None or not user.has_perm("fulfilment.add_shipment"):
        return verbs
    address = reverse("fulfilment:shipment-new", args=[order.pk])
    ship = Action(
        gettext("Record shipment"),
        address,
        "truck-delivery",
        asks=True,
        reason=why_not_ship(order),
    )
    billable = order.fulfilment_status != Order.Fulfilment.NOT_STARTED
    first = verbs.all[:1]
    if order.is_on_hold or billable:
        return Actions([*first, ship, *verbs.all[1:]])
    return Actions([ship, *verbs.all])


def why_not_ship(order: Order) -> str:
    """Say why nothing can be shipped now; empty when something can."""
    if order.is_on_hold:
        return gettext("The order is on hold.")
    if order.status != Order.Status.SUBMITTED:
        return gettext("Only submitted orders are shipped.")
    if order.fulfilment_status in {Order.Fulfilment.SHIPPED, Order.Fulfilment.DELIVERED}:
        return gettext("Everything is shipped.")
    return ""


@register.simple_tag
def connection_health() -> list[tuple[Connection, Chip]]:
    """List the connections and whether they answer, for the foot of the sidebar."""
    connections = Connection.objects.exclude(status=Connection.Status.DISABLED)
    return [
        (connection, chips.connection_chip(connection, getattr(connection, "health", None)))
        for connection in connections.select_related("health")
    ]
