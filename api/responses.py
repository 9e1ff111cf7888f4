"""JSON responses of resources: bytes as they are stored for repeated requests."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from django.http import HttpResponse

JSON_TYPE = "application/json"


def json_response(
    data: Any,
    *,
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return data as JSON, never to be stored by caches in between."""
    response = HttpResponse(orjson.dumps(data), status=status, content_type=JSON_TYPE)
    response["Cache-Control"] = "no-store"
    for name, value in (headers or {}).items():
        response[name] = value
    return response
