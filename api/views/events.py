"""The feed of everything that happened, for who would rather ask than be told."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils.cache import add_never_cache_headers
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.problems import PROBLEM, PROBLEM_TYPE
from fulfilment.cloudevents import attributes, message_id
from sales.models import SalesEvent

PREFIX = "evt_"
MOST = 200


@extend_schema_field(OpenApiTypes.STR)
class EventIdField(serializers.Field[SalesEvent, str, str, Any]):
    """The id of an event that one may see, as the feed and the messages name it."""

    default_error_messages = {"unknown": "There is no such event."}  # noqa: RUF012  # as DRF has it

    def to_internal_value(self, data: str) -> SalesEvent:
        """Find the event."""
        try:
            key = uuid.UUID(hex=data.removeprefix(PREFIX))
        except ValueError:
            self.fail("unknown")
        event = SalesEvent.objects.visible_to(self.context["actor"]).filter(pk=key).first()
        if event is None or not data.startswith(PREFIX):
            self.fail("unknown")
        return event


class FeedQuery(serializers.Serializer[Any]):
    """Where to go on, and how far."""

    after = EventIdField(
        required=False, help_text="`next` of the answer before; without it, from the beginning."
    )
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=100)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what is not asked for: a misspelt name must not read everything."""
        if unknown := set(self.initial_data) - set(self.fields):
            raise serializers.ValidationError(
                dict.fromkeys(sorted(unknown), "There is no such parameter.")
            )
        return attrs


class FeedEventShape(serializers.Serializer[Any]):
    """An event as the messages carry it, with what it says itself and no snapshot."""

    specversion = serializers.CharField()
    id = serializers.CharField()
    source = serializers.CharField(help_text="The document: `/orders/{id}`.")  # type: ignore[assignment]  # the standard's word
    type = serializers.CharField()
    subject = serializers.CharField(allow_blank=True, help_text="The document's number.")
    time = serializers.DateTimeField()
    timestamp = serializers.DateTimeField()
    datacontenttype = serializers.CharField()
    sequence = serializers.CharField(help_text="The document's version, padded with zeros.")
    correlationid = serializers.CharField(required=False)
    causationid = serializers.CharField(required=False)
    data = serializers.JSONField()  # type: ignore[assignment]  # the standard's word


class FeedShape(serializers.Serializer[Any]):
    """Some events in the order they became visible, and where to go on."""

    results = FeedEventShape(many=True)
    next = serializers.CharField(
        allow_blank=True, help_text="`after` of the next question, now or later."
    )


class EventsView(APIView):
    """What happened to the documents one may see; nothing is ever missed or told twice."""

    @extend_schema(
        operation_id="events",
        tags=["events"],
        description=(
            "Events in the order in which they became visible. Ask again with `next`, as often as "
            "you like: an event appears once no older transaction can still add one before it, so "
            "none is missed. Keep `next` with what you stored."
        ),
        parameters=[FeedQuery],
        responses={
            200: FeedShape,
            (400, PROBLEM_TYPE): PROBLEM,
            (403, PROBLEM_TYPE): PROBLEM,
        },
    )
    def get(self, request: Request) -> Response:
        """Answer the events after one."""
        actor: Any = request.user
        asked = FeedQuery(data=request.query_params, context={"actor": actor})
        asked.is_valid(raise_exception=True)
        events = SalesEvent.objects.visible_to(actor).settled()
        if after := asked.validated_data.get("after"):
            events = events.after(after)
        found = list(events[: asked.validated_data["limit"]])
        last = found[-1] if found else after
        answer = Response(
            {
                "results": [{**attributes(event), "data": event.data} for event in found],
                "next": message_id(last) if last else "",
            }
        )
        add_never_cache_headers(answer)
        return answer
