"""Shipments for partners: report what left, and what came back."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from api.expansions import related
from api.inputs import IdField, Input, RecordField, TextField, read
from api.operations import creating, writing
from api.pagination import ListQuery
from api.permissions import partner_of
from api.representations.orders import represent_head
from api.representations.schemas import ResourceShipmentSchema
from api.representations.shipments import represent_shipment
from api.requests.quantities import QuantitiesField
from api.resources import Resource
from api.views.base import ListView, PartnerView, RecordView, lists, reads
from api.visibility import visible_shipments
from api.writes import Written, once
from common.fields import LONGEST_REFERENCE
from crm.models import Partner
from fulfilment.models import Shipment
from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import Order

SHIPMENTS = Resource(
    "shipments",
    visible_shipments,
    represent_shipment,
    expansions={
        "order": related(
            "order", Partner.Scope.ORDERS_READ, Order.objects.visible_to, represent_head
        )
    },
)


class ShipmentInput(Input):
    """A shipment; what it does not contain stays open."""

    order = RecordField(Order.objects.visible_to)
    shipment_ref = TextField(max_length=LONGEST_REFERENCE, required=False)
    carrier = TextField(max_length=LONGEST_REFERENCE, required=False, default="")
    tracking = TextField(max_length=LONGEST_REFERENCE, required=False, default="")
    status = serializers.ChoiceField(choices=Shipment.Status.choices, default="shipped")
    lines = QuantitiesField()


class ReturnInput(Input):
    """What came back of a shipment, and whether it is replaced."""

    shipment_ref = TextField(max_length=LONGEST_REFERENCE, required=False)
    replace = serializers.BooleanField(default=False)
    lines = QuantitiesField()


class ShipmentQuery(ListQuery):
    """Filters of shipments and returns."""

    order = IdField(required=False)
    status = serializers.ChoiceField(choices=Shipment.Status.choices, required=False)
    direction = serializers.ChoiceField(choices=Shipment.Direction.choices, required=False)


@lists(SHIPMENTS, ShipmentQuery, ResourceShipmentSchema)
class ShipmentListView(ListView):
    """Shipments of the orders that the partner may see."""

    scopes = {  # noqa: RUF012  # as in every view
        "GET": Partner.Scope.ORDERS_READ,
        "POST": Partner.Scope.FULFILMENT_WRITE,
    }

    @creating("shipments", ShipmentInput, ResourceShipmentSchema)
    @once
    def post(self, request: Request) -> Written:
        """Report a shipment."""
        partner = partner_of(request)
        sent = read(ShipmentInput, request.data, actor=partner)
        shipment = record_shipment(
            sent["order"].pk,
            actor=partner,
            lines=sent["lines"],
            status=sent["status"],
            carrier=sent["carrier"],
            tracking=sent["tracking"],
            reference=sent.get("shipment_ref"),
        )
        return _created(shipment)


@reads(SHIPMENTS, ResourceShipmentSchema)
class ShipmentView(RecordView):
    """One shipment."""

    scopes = {"GET": Partner.Scope.ORDERS_READ}  # noqa: RUF012  # as in every view


class ReturnView(PartnerView):
    """Report what came back of a shipment."""

    scopes = {"POST": Partner.Scope.FULFILMENT_WRITE}  # noqa: RUF012  # as in every view

    @writing("shipments", "return", ReturnInput, ResourceShipmentSchema, status=HTTPStatus.CREATED)
    @once
    def post(self, request: Request, pk: uuid.UUID) -> Written:
        """Report a return."""
        partner = partner_of(request)
        shipment = SHIPMENTS.find(partner, pk)
        sent = read(ReturnInput, request.data)
        returned = record_return(
            shipment.order_id,
            actor=partner,
            lines=sent["lines"],
            returns=shipment,
            replace=sent["replace"],
            reference=sent.get("shipment_ref"),
        )
        return _created(returned)


def _created(shipment: Shipment) -> Written:
    location = reverse("api:shipment", args=[shipment.pk])
    return Written(represent_shipment(shipment), HTTPStatus.CREATED, location)
