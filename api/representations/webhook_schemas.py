"""Schemas of webhook endpoints and of what was delivered to them, in responses."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from common.serializer_fields import WholeNumberField
from fulfilment.models import Attempt, Connection, Handoff

ENDPOINT_EXAMPLE: dict[str, Any] = {
    "id": "0199f3c1-5c07-7d3a-9c1e-0d5f6a7b8c9d",
    "version": 1,
    "url": "https://shop.example.com/hooks/throughline",
    "event_types": ["throughline.invoice.issued", "throughline.order.submitted"],
    "status": "unverified",
    "verified_at": None,
    "last_success_at": None,
    "last_failure_at": None,
    "last_failure": "",
    "created_at": "2026-12-01T09:30:00.000000Z",
    "updated_at": "2026-12-01T09:30:00.000000Z",
}
SECRET_EXAMPLE = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  # of nobody


@extend_schema_serializer(
    examples=[OpenApiExample("Just registered", ENDPOINT_EXAMPLE, response_only=True)]
)
class WebhookEndpointSchema(serializers.Serializer[Any]):
    """An address of the partner that events are posted to."""

    id = serializers.UUIDField()
    version = WholeNumberField(help_text="As in the ETag.")
    url = serializers.CharField()
    event_types = serializers.ListField(child=serializers.CharField())
    status = serializers.ChoiceField(choices=Connection.Status.choices)
    verified_at = serializers.DateTimeField(
        allow_null=True, help_text="When the address answered the challenge."
    )
    last_success_at = serializers.DateTimeField(allow_null=True)
    last_failure_at = serializers.DateTimeField(allow_null=True)
    last_failure = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "With its secret", {**ENDPOINT_EXAMPLE, "secret": SECRET_EXAMPLE}, response_only=True
        )
    ]
)
class WebhookEndpointSecretSchema(WebhookEndpointSchema):
    """An endpoint with a new secret, which is shown in this answer only."""

    secret = serializers.CharField(help_text="Signs what it is sent: store it.")


class WebhookAttemptSchema(serializers.Serializer[Any]):
    """One request to the address, and its answer."""

    outcome = serializers.ChoiceField(choices=Attempt.Outcome.choices)
    status_code = WholeNumberField(allow_null=True)
    duration_ms = WholeNumberField()
    detail = serializers.CharField(allow_blank=True, help_text="Why it failed.")
    answer = serializers.CharField(allow_blank=True, help_text="The beginning of the answer.")
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField()


DELIVERY_EXAMPLE: dict[str, Any] = {
    "id": "0199f3c2-7a10-7b52-8f7d-2b1c3d4e5f60",
    "endpoint": ENDPOINT_EXAMPLE["id"],
    "message_id": "evt_0199f3c27a0f7e21b0a94c5d6e7f8091",
    "event_type": "throughline.order.submitted",
    "source": "/orders/0199f3c1-6d20-7c11-a2b3-c4d5e6f70819",
    "subject": "O-2026-00042",
    "status": "accepted",
    "cause": "",
    "created_at": "2026-12-01T09:31:00.000000Z",
    "delivered_at": "2026-12-01T09:31:00.412000Z",
    "updated_at": "2026-12-01T09:31:00.412000Z",
}


@extend_schema_serializer(
    examples=[OpenApiExample("Delivered", DELIVERY_EXAMPLE, response_only=True)]
)
class WebhookDeliverySchema(serializers.Serializer[Any]):
    """An event on its way to an endpoint, as lists have it."""

    id = serializers.UUIDField()
    endpoint = serializers.UUIDField()
    message_id = serializers.CharField(help_text="`webhook-id`, the same in every attempt.")
    event_type = serializers.CharField()
    source = serializers.CharField(help_text="The document: `/orders/{id}`.")  # type: ignore[assignment]  # the standard's name
    subject = serializers.CharField(allow_blank=True, help_text="The document's number.")
    status = serializers.ChoiceField(choices=Handoff.State.choices)
    cause = serializers.CharField(allow_blank=True, help_text="Why it is not delivered.")
    created_at = serializers.DateTimeField()
    delivered_at = serializers.DateTimeField(allow_null=True)
    updated_at = serializers.DateTimeField(help_text="When it was queued, tried or delivered last.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "With what was sent and answered",
            {
                **DELIVERY_EXAMPLE,
                "body": '{"specversion":"1.0","id":"evt_0199f3c27a0f7e21b0a94c5d6e7f8091"}',
                "attempts": [
                    {
                        "outcome": "done",
                        "status_code": 200,
                        "duration_ms": 212,
                        "detail": "",
                        "answer": "{}",
                        "started_at": "2026-12-01T09:31:00.200000Z",
                        "finished_at": "2026-12-01T09:31:00.412000Z",
                    }
                ],
            },
            response_only=True,
        )
    ]
)
class WebhookDeliveryAttemptsSchema(WebhookDeliverySchema):
    """An event on its way to an endpoint, with what was sent and what was answered."""

    body = serializers.CharField(help_text="The body that every attempt sends, to the byte.")
    attempts = WebhookAttemptSchema(many=True)


class WebhookTestSchema(WebhookAttemptSchema):
    """What an endpoint answered to a test event."""


class ReplayedSchema(serializers.Serializer[Any]):
    """How many deliveries are sent again."""

    replayed = WholeNumberField()
