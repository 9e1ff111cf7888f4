"""OpenAPI of the partners' operations: what every read, write and verb has in common."""

from __future__ import annotations

from collections.abc import Callable, Collection
from http import HTTPStatus
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers

from api.expansions import PARAMETER
from api.idempotency import HEADER as KEY_HEADER
from api.oauth import PartnerScopes
from api.preconditions import HEADER as PRECONDITION_HEADER
from api.problems import PROBLEM, PROBLEM_TYPE

IDEMPOTENCY_KEY = OpenApiParameter(
    KEY_HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="1 to 255 printable ASCII characters; a repeat within 7 days is answered alike.",
)
IF_MATCH = OpenApiParameter(
    PRECONDITION_HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="The ETag that was read last.",
)
DRY_RUN = OpenApiParameter(
    "dry_run",
    OpenApiTypes.BOOL,
    description="Answer what would happen, with the handoffs it would create, and keep nothing.",
)
RATE_LIMIT = [
    OpenApiParameter(
        name,
        OpenApiTypes.STR,
        OpenApiParameter.HEADER,
        response=[200, 201, 207, 429],
        description=description,
    )
    for name, description in (
        ("RateLimit", 'Requests left, and seconds until all are: `"client";r=998;t=1`.'),
        ("RateLimit-Policy", 'Requests at most in so many seconds: `"client";q=1000;w=10`.'),
    )
]
READING = (400, 401, 403, 429)
WRITING = (400, 401, 403, 409, 411, 413, 415, 422, 429)
Operation = Callable[[Callable[..., Any]], Callable[..., Any]]


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its metaclass has no types
    """Client credentials of OAuth 2."""

    target_class = "api.authentication.BearerToken"
    name = "partner"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the flow with its scopes."""
        flow = {"tokenUrl": "/oauth/token", "scopes": PartnerScopes().get_all_scopes()}
        return {"type": "oauth2", "flows": {"clientCredentials": flow}}


def listing(
    name: str,
    query: Any,
    item: Any,
    *,
    expands: Collection[str] = (),
    description: str | None = None,
) -> Operation:
    """Describe a list of a resource."""
    page = inline_serializer(
        f"{name.title().replace('-', '')}Page",
        {
            "results": item(many=True),
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
        },
    )
    return extend_schema(
        operation_id=f"{name}-list",
        tags=[name],
        parameters=[query, *_expand(expands), *RATE_LIMIT],
        responses={200: page, **_problems(*READING)},
        description=description,
    )


def reading(
    name: str,
    item: Any,
    *,
    operation: str = "get",
    expands: Collection[str] = (),
    description: str | None = None,
) -> Operation:
    """Describe reading one record of a resource."""
    return extend_schema(
        operation_id=f"{name}-{operation}",
        tags=[name],
        request=None,
        parameters=[*_expand(expands), *RATE_LIMIT],
        responses={200: item, **_problems(*READING, 404)},
        description=description,
    )


def writing(
    name: str,
    operation: str,
    request: Any,
    response: Any,
    *,
    status: int = HTTPStatus.OK,
    has_version: bool = False,
    is_keyed: bool = True,
    description: str | None = None,
) -> Operation:
    """Describe a write: with ``has_version`` it needs If-Match, with ``is_keyed`` a key."""
    more = (404, 412, 428) if has_version else ()
    described: Any = extend_schema(
        operation_id=f"{name}-{operation}",
        tags=[name],
        parameters=[
            *([IDEMPOTENCY_KEY] if is_keyed else []),
            *([IF_MATCH] if has_version else []),
            DRY_RUN,
            *RATE_LIMIT,
        ],
        request=request,
        responses={status: response, **_problems(*WRITING, *more)},
        description=description,
    )
    return described  # type: ignore[no-any-return]  # a decorator of methods and of views


def creating(name: str, request: Any, response: Any) -> Operation:
    """Describe a creation."""
    return writing(name, "create", request, response, status=HTTPStatus.CREATED)


def updating(name: str, request: Any, response: Any) -> Operation:
    """Describe a change of the fields that are sent."""
    return writing(name, "update", request, response, has_version=True, is_keyed=False)


def _expand(names: Collection[str]) -> list[OpenApiParameter]:
    if not names:
        return []
    kinds = {"type": "array", "items": {"type": "string", "enum": sorted(names)}}
    text = "What is answered itself in place of its id, one level, separated by commas."
    return [OpenApiParameter(PARAMETER, kinds, description=text, style="form", explode=False)]


def _problems(*statuses: int) -> dict[Any, Any]:
    return {(status, PROBLEM_TYPE): PROBLEM for status in statuses}
