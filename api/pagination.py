"""Pages of lists: keyset pagination with opaque cursors, forwards and backwards, never a count."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any, Final

import orjson
from django.db import models
from django.db.models import Q
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from api.inputs import Query
from api.responses import json_response
from common.serializer_fields import WholeNumberField

MOST: Final = 200
USUAL: Final = 50

FORWARDS, BACKWARDS = "f", "b"


class CursorField(serializers.CharField):
    """A place in a list, as ``next`` or ``previous`` have it."""

    default_error_messages = {"unknown": _("This cursor is none of this list. Start without one.")}  # noqa: RUF012  # as DRF has it

    def to_internal_value(self, data: Any) -> Any:
        """Return direction, moment and id; the moment is None where the list goes by id."""
        try:
            direction, at, key = orjson.loads(base64.urlsafe_b64decode(str(data)))
            moment = None if at is None else dt.datetime.fromisoformat(at)
            if direction not in {FORWARDS, BACKWARDS} or (moment and moment.tzinfo is None):
                self.fail("unknown")
            return direction, moment, uuid.UUID(key)
        except (ValueError, TypeError, AttributeError, binascii.Error):
            self.fail("unknown")


class ListQuery(Query):
    """Query parameters that every list has."""

    limit = WholeNumberField(min_value=1, max_value=MOST, default=USUAL)
    cursor = CursorField(required=False, help_text="Of `next` or `previous`.")
    updated_after = serializers.DateTimeField(
        required=False,
        help_text="Only what changed later, the oldest change first; RFC 3339.",
    )


def page_response(
    request: Request,
    records: models.QuerySet[Any],
    query: dict[str, Any],
    represent: Callable[[list[Any]], list[dict[str, Any]]],
    changed_at: str = "updated_at",
) -> HttpResponse:
    """Answer one page of a list: the newest first, or by change with ``updated_after``.

    ``changed_at`` is the column with the moment of the last change.
    """
    by_change = changed_at if "updated_after" in query else ""
    if by_change:
        records = records.filter(**{f"{by_change}__gt": query["updated_after"]})
    direction, *place = query.get("cursor", (FORWARDS, None, None))
    backwards = direction == BACKWARDS
    ascending = bool(by_change) != backwards
    if place[-1] is not None:
        records = records.filter(_beyond(place, by_change=by_change, ascending=ascending))
    sign = "" if ascending else "-"
    columns = [f"{sign}{by_change}", f"{sign}pk"] if by_change else [f"{sign}pk"]
    found = list(records.order_by(*columns)[: query["limit"] + 1])
    has_more = len(found) > query["limit"]
    shown = found[: query["limit"]]
    if backwards:
        shown.reverse()
    has_next = has_more if not backwards else "cursor" in query
    has_previous = has_more if backwards else "cursor" in query
    links = {
        "next": _link(request, FORWARDS, shown[-1], by_change) if shown and has_next else None,
        "previous": _link(request, BACKWARDS, shown[0], by_change)
        if shown and has_previous
        else None,
    }
    header = ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links.items() if url)
    return json_response(
        {"results": represent(shown), **links}, headers={"Link": header} if header else None
    )


def _beyond(place: list[Any], *, by_change: str, ascending: bool) -> Q:
    """Match what comes after a place in the order of reading."""
    at, key = place
    after = "gt" if ascending else "lt"
    if not by_change or at is None:
        return Q(**{f"pk__{after}": key})
    return Q(**{f"{by_change}__{after}": at}) | Q(**{by_change: at, f"pk__{after}": key})


def _link(request: Request, direction: str, record: Any, by_change: str) -> str:
    at = getattr(record, by_change).isoformat() if by_change else None
    cursor = base64.urlsafe_b64encode(orjson.dumps([direction, at, str(record.pk)])).decode()
    return str(replace_query_param(request.build_absolute_uri(), "cursor", cursor))
