"""Webhooks in the API description: what external systems receive, and how they answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import (
    OpenApiResponse,
    OpenApiWebhook,
    PolymorphicProxySerializer,
    extend_schema,
)
from rest_framework import serializers

from api.contract import RECEIVING
from api.schemas import outgoing_event_schemas
from fulfilment.cloudevents import CONTENT_TYPE


class ReferenceSchema(serializers.Serializer[Any]):
    """The receiver's own reference for the document, the same for every repeat."""

    reference = serializers.CharField(max_length=100, required=False)


SENT: Any = outgoing_event_schemas()
EVENT = PolymorphicProxySerializer("SentEvent", SENT, resource_type_field_name="type")

ANSWERS = {
    200: OpenApiResponse(ReferenceSchema, "Stored, with the reference of the record."),
    202: OpenApiResponse(None, "Stored; no record was opened."),
    "3XX": OpenApiResponse(None, "Never followed: the connection stops with an alert."),
    "4XX": OpenApiResponse(None, "Refused; `detail` of a problem+json is shown to a person."),
    "5XX": OpenApiResponse(None, "Sent again until it succeeds."),
}

EVENTS = OpenApiWebhook(
    "event",
    extend_schema(
        summary="Every event that the connection receives",
        description=RECEIVING,
        request={CONTENT_TYPE: EVENT},
        responses=ANSWERS,
    ),
)
