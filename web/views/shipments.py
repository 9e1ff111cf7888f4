"""Views of shipments, returns and parcels that a person records."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext

from fulfilment.models import Shipment
from fulfilment.services.returns import left_to_return, record_return
from fulfilment.services.shipments import add_parcel, move_shipment, record_shipment
from sales.models import Order
from web.actions import action, run_action, run_form_action
from web.forms.shipments import ParcelForm, ReturnForm, ShipmentForm
from web.htmx import refuse
from web.http import RepRequest, rep_with
from web.pages.lines import read_lines
from web.pages.shipments import no_return_reason, no_ship_reason
from web.record_urls import record_url
from web.views.documents import find_document


@rep_with("fulfilment.add_shipment")
def new(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Record a shipment by hand; the rest stays open."""
    order = find_document(request, Order, pk)
    lines = read_lines(order)
    if reason := no_ship_reason(order, lines, request.user):
        return refuse(request, reason, record_url(order))
    form = ShipmentForm(request.POST or None, lines=lines)

    def record(answers: dict[str, Any]) -> Order:
        record_shipment(
            order.pk,
            actor=request.user,
            lines=form.quantities(),
            status=answers["status"],
            carrier=answers["carrier"],
            tracking=answers["tracking"],
        )
        return order

    return run_form_action(
        request,
        order,
        form,
        record,
        heading=gettext("Record a shipment of %(order)s") % {"order": order},
        label=gettext("Record shipment"),
        done=gettext("Shipment of %(record)s recorded."),
        template="lines/quantities_form.html",
        icon="truck-delivery",
        summary=gettext("What is not in this shipment stays open."),
    )


def find_shipment(request: RepRequest, pk: uuid.UUID) -> Shipment:
    """Find a shipment the person may see."""
    shipments = Shipment.objects.visible_to(request.user).select_related("order__company")
    return get_object_or_404(shipments, pk=pk)


@rep_with("fulfilment.add_shipment")
def take_back(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Record the return of a shipment."""
    shipment = find_shipment(request, pk)
    order, left = find_document(request, Order, shipment.order_id), left_to_return(shipment)
    if reason := no_return_reason(shipment, left, request.user):
        return refuse(request, reason, record_url(order))
    held = list(shipment.lines.select_related("order_line"))
    form = ReturnForm(request.POST or None, held=held, left=left)

    def record(answers: dict[str, Any]) -> Order:
        record_return(
            order.pk,
            actor=request.user,
            lines=form.quantities(),
            returns=shipment,
            replace=answers["replace"],
            carrier=answers["carrier"],
            tracking=answers["tracking"],
        )
        return order

    return run_form_action(
        request,
        order,
        form,
        record,
        heading=gettext("Record a return of %(shipment)s") % {"shipment": shipment},
        label=gettext("Record return"),
        done=gettext("Return of %(record)s recorded."),
        template="lines/quantities_form.html",
        summary=gettext("Returned goods may be credited on their invoice."),
        icon="truck-return",
    )


@rep_with("fulfilment.change_shipment")
def parcel(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Add a parcel with its tracking number."""
    shipment = find_shipment(request, pk)
    order = find_document(request, Order, shipment.order_id)

    def note(answers: dict[str, Any]) -> Order:
        add_parcel(shipment.pk, actor=request.user, **answers)
        return order

    return run_form_action(
        request,
        order,
        ParcelForm(request.POST or None),
        note,
        heading=gettext("Add a parcel to %(shipment)s") % {"shipment": shipment},
        label=gettext("Add parcel"),
        done=gettext("Parcel added."),
    )


def _order_of(request: RepRequest, pk: uuid.UUID) -> Order:
    return find_shipment(request, pk).order


@action(_order_of, "fulfilment.change_shipment")
def move(request: RepRequest, pk: uuid.UUID, status: str) -> HttpResponse:
    """Record that a shipment left, arrived or was lost."""
    shipment = find_shipment(request, pk)
    order = find_document(request, Order, shipment.order_id)

    def go_on() -> Order:
        move_shipment(shipment.pk, actor=request.user, status=status)
        return order

    return run_action(request, order, go_on, done=gettext("Shipment of %(record)s updated."))
