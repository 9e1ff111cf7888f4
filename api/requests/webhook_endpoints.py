"""Requests about webhook endpoints and deliveries."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.inputs import IdField, Input, TextField
from api.pagination import ListQuery
from fulfilment.addresses import InvalidAddress, check_partner_url
from fulfilment.cloudevents import TYPE_PREFIX
from fulfilment.models import Connection, Handoff
from fulfilment.routes import sent_event_types


@extend_schema_field(OpenApiTypes.STR)
class EventTypeField(TextField):
    """A type of events, as messages name it; stored without the prefix that all have."""

    default_error_messages = {  # noqa: RUF012  # as DRF has it
        "unknown": _("There is no event type “{name}”. The types are: {known}.")
    }

    def to_internal_value(self, data: Any) -> str:
        """Return the type without its prefix."""
        name = super().to_internal_value(data)
        known = {label: value for value, label in sent_event_types()}
        if name not in known:
            self.fail("unknown", name=name[:100], known=", ".join(sorted(known)))
        return known[name]


@extend_schema_field(OpenApiTypes.URI)
class AddressField(TextField):
    """An address that a partner may have events posted to."""

    def to_internal_value(self, data: Any) -> str:
        """Return the address."""
        url = super().to_internal_value(data)
        try:
            check_partner_url(url)
        except InvalidAddress as error:
            raise serializers.ValidationError(str(error.sentence), "invalid_address") from error
        return url


class WebhookEndpointInput(Input):
    """An endpoint: its address, and the types of the events that it is sent."""

    url = AddressField(
        max_length=500,
        help_text="https, without user name, password or `#`, such as "
        "`https://shop.example.com/hooks/throughline`.",
    )
    event_types = serializers.ListField(
        child=EventTypeField(),
        min_length=1,
        max_length=len(sent_event_types()),
        help_text=f"As messages name them, such as `{TYPE_PREFIX}order.submitted`. Each needs "
        "the scope to read what it is about.",
    )


class WebhookEndpointQuery(ListQuery):
    """Filters of endpoints."""

    status = serializers.ChoiceField(choices=Connection.Status.choices, required=False)


class WindowInput(Input):
    """From when until when what was queued is sent again."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField(help_text="Not included.")


class WebhookDeliveryQuery(ListQuery):
    """Filters of deliveries."""

    endpoint = IdField(required=False, source="lane__connection")
    event_type = EventTypeField(required=False, source="event__type")
    status = serializers.ChoiceField(choices=Handoff.State.choices, required=False, source="state")
    subject = TextField(required=False, source="event__subject_number", help_text="The number.")
    message_id = TextField(required=False)
