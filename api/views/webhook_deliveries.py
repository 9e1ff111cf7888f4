"""Deliveries to webhook endpoints for partners: read what was sent and answered, and replay."""

from __future__ import annotations

import uuid

from rest_framework.request import Request

from api.inputs import Input, read
from api.operations import writing
from api.permissions import partner_of
from api.representations.webhook_deliveries import represent_delivery, represent_head
from api.representations.webhook_schemas import (
    WebhookDeliveryAttemptsSchema,
    WebhookDeliverySchema,
)
from api.requests.webhook_endpoints import WebhookDeliveryQuery
from api.resources import Resource
from api.views.base import ListView, PartnerView, RecordView, lists, reads
from api.visibility import visible_deliveries
from api.writes import Written, once
from crm.models import Partner
from fulfilment.outbound.handoff_actions import replay_handoff

READ, WRITE = Partner.Scope.WEBHOOKS_READ, Partner.Scope.WEBHOOKS_WRITE
DELIVERIES = Resource(
    "webhook-deliveries",
    visible_deliveries,
    represent_delivery,
    represent_head,
    changed_at="changed_at",
)


@lists(DELIVERIES, WebhookDeliveryQuery, WebhookDeliverySchema)
class WebhookDeliveryListView(ListView):
    """What was queued for the endpoints of the partner."""

    scopes = {"GET": READ}  # noqa: RUF012  # as in every view


@reads(DELIVERIES, WebhookDeliveryAttemptsSchema)
class WebhookDeliveryView(RecordView):
    """One delivery, with the body that is sent and what was answered to each attempt."""

    scopes = {"GET": READ}  # noqa: RUF012  # as in every view


class ReplayDeliveryView(PartnerView):
    """Replay a delivery."""

    scopes = {"POST": WRITE}  # noqa: RUF012  # as in every view

    @writing("webhook-deliveries", "replay", None, WebhookDeliverySchema)
    @once
    def post(self, request: Request, pk: uuid.UUID) -> Written:
        """Send a delivery again, with the same id and body."""
        partner = partner_of(request)
        read(Input, request.data)
        DELIVERIES.find(partner, pk)
        replay_handoff(pk, actor=partner)
        return Written(represent_head(DELIVERIES.find(partner, pk)))
