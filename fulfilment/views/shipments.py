"""Shipments typed by hand."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext

from common.deeds import ask
from crm.http import RepRequest, rep_with
from fulfilment.forms import ShipmentForm
from fulfilment.services.shipments import record_shipment
from fulfilment.templatetags.fulfilment_pages import why_not_ship
from sales.models import Order
from sales.pages import read_lines
from sales.views import orders


@rep_with("fulfilment.add_shipment")
def new(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Record a shipment somebody saw leave; the rest stays open."""
    order = orders.find(request, pk)
    if reason := why_not_ship(order):
        return orders.show(request, order, problem=reason)
    form = ShipmentForm(request.POST or None, lines=read_lines(order))

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

    return ask(
        request,
        order,
        form,
        record,
        heading=gettext("Record a shipment of %(order)s") % {"order": order},
        label=gettext("Record shipment"),
        done=gettext("Shipment of %(record)s recorded."),
        template_name="fulfilment/shipment_form.html",
    )
