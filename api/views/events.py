"""Event feed: a pull API for all events of the documents that a user may see."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from api.authentication import BearerToken
from api.inputs import Query, read
from api.permissions import HasScopeOrSession
from api.problems import PROBLEM, PROBLEM_TYPE
from api.views.base import LimitedView
from common.serializer_fields import WholeNumberField
from crm.models import Partner
from fulfilment.cloudevents import attributes, message_id
from sales.models import SalesEvent

PREFIX = "evt_"
MOST = 200


@extend_schema_field(OpenApiTypes.STR)
class EventIdField(serializers.Field[SalesEvent, str, str, Any]):
    """The id of an event that the user may see, as in messages and in the feed."""

    default_error_messages = {"unknown": _("There is no such event.")}  # noqa: RUF012  # as DRF has it

    def to_internal_value(self, data: str) -> SalesEvent:
        """Return the event with this id."""
        try:
            key = uuid.UUID(hex=data.removeprefix(PREFIX))
        except ValueError:
            self.fail("unknown")
        event = SalesEvent.objects.visible_to(self.context["actor"]).filter(pk=key).first()
        if event is None or not data.startswith(PREFIX):
            self.fail("unknown")
        return event


class FeedQuery(Query):
    """Query parameters: where to continue, and how many events."""

    after = EventIdField(
        required=False, help_text="`next` of the previous response; without it, from the beginning."
    )
    limit = WholeNumberField(min_value=1, max_value=MOST, default=100)


class FeedEventSchema(serializers.Serializer[Any]):
    """An event as in messages, with its own data but without the document's snapshot."""

    specversion = serializers.CharField()
    id = serializers.CharField()
    source = serializers.CharField(help_text="The document: `/orders/{id}`.")  # type: ignore[assignment]  # the standard's name
    type = serializers.CharField()
    subject = serializers.CharField(allow_blank=True, help_text="The document's number.")
    time = serializers.DateTimeField()
    timestamp = serializers.DateTimeField()
    datacontenttype = serializers.CharField()
    sequence = serializers.CharField(help_text="The document's version, padded with zeros.")
    correlationid = serializers.CharField(required=False)
    causationid = serializers.CharField(required=False)
    data = serializers.JSONField()  # type: ignore[assignment]  # the standard's name


class EventFeedSchema(serializers.Serializer[Any]):
    """A page of events in the order they became visible, and where to continue."""

    results = FeedEventSchema(many=True)
    next = serializers.CharField(
        allow_blank=True, help_text="`after` of the next request, now or later."
    )


class EventsView(LimitedView):
    """Events of the documents that the user may see; none is missed or returned twice."""

    authentication_classes = (BearerToken, SessionAuthentication)
    permission_classes = (HasScopeOrSession,)

    scopes = {"GET": Partner.Scope.EVENTS_READ}  # noqa: RUF012  # as in every view

    @extend_schema(
        operation_id="events",
        tags=["events"],
        description=(
            "Events in the order in which they became visible. Request the next page with `next`, "
            "as often as you like: an event appears once no older transaction can still add one "
            "before it, so none is missed. Store `next` with your data."
        ),
        parameters=[FeedQuery],
        responses={
            200: EventFeedSchema,
            (400, PROBLEM_TYPE): PROBLEM,
            (401, PROBLEM_TYPE): PROBLEM,
            (403, PROBLEM_TYPE): PROBLEM,
            (406, PROBLEM_TYPE): PROBLEM,
            (429, PROBLEM_TYPE): PROBLEM,
        },
    )
    def get(self, request: Request) -> Response:
        """Return the events after a given one."""
        actor: Any = request.user
        query = read(FeedQuery, request.query_params.dict(), actor=actor)
        events = SalesEvent.objects.visible_to(actor).settled()
        if after := query.get("after"):
            events = events.after(after)
        page = list(events[: query["limit"]])
        last = page[-1] if page else after
        response = Response(
            {
                "results": [{**attributes(event), "data": event.data} for event in page],
                "next": message_id(last) if last else "",
            }
        )
        add_never_cache_headers(response)
        return response
