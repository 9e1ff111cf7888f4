"""Pieces about the outside world that other pages place."""

from __future__ import annotations

from typing import Any

from django import template
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext

from common.display import Chip, TraceStep, Verb, Verbs
from fulfilment import chips
from fulfilment.models import Connection, Handoff
from fulfilment.trace import trace_steps
from sales.models import Order
from sales.services.events import AnyDocument

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


@register.inclusion_tag("fulfilment/shipments.html")
def shipments(order: Order) -> dict[str, Any]:
    """Show what left for an order and where it is."""
    found = order.shipments.prefetch_related("lines__order_line").order_by("id")
    return {
        "record": order,
        "shipments": [(shipment, chips.shipment_chip(shipment)) for shipment in found],
    }


@register.simple_tag(takes_context=True)
def order_verbs(context: template.Context, order: Order, verbs: Verbs) -> Verbs:
    """Add what the outside world can do for an order: ship it."""
    user = context["request"].user
    if order.number is None or not user.has_perm("fulfilment.add_shipment"):
        return verbs
    address = reverse("fulfilment:shipment-new", args=[order.pk])
    ship = Verb(
        gettext("Record shipment"),
        address,
        "truck-delivery",
        asks=True,
        reason=why_not_ship(order),
    )
    billable = order.fulfilment_status != Order.Fulfilment.NOT_STARTED
    first = verbs.all[:1]
    if order.is_on_hold or billable:
        return Verbs([*first, ship, *verbs.all[1:]])
    return Verbs([ship, *verbs.all])


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
