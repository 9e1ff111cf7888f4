"""Error responses of the API as problem+json (RFC 9457)."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiResponse
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from common.constraints import duplicate_of
from common.errors import (
    DomainError,
    IllegalTransition,
    NotAllowed,
    SeveralErrors,
    StaleVersion,
    Unreadable,
)
from common.serializer_fields import WholeNumberField
from common.transactions import busy_text, lost_to_another

PROBLEM_TYPE = "application/problem+json"
INVALID = _("Some fields are missing or wrong.")


class ProblemErrorSchema(serializers.Serializer[Any]):
    """One error, with its place in the request."""

    pointer = serializers.CharField(help_text="JSON pointer into the request.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSchema(serializers.Serializer[Any]):
    """Why a request was refused (RFC 9457); ``code`` is stable, ``detail`` is for people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = WholeNumberField()
    code = serializers.CharField()
    detail = serializers.CharField()
    request_id = serializers.CharField()
    errors = ProblemErrorSchema(many=True, required=False)  # type: ignore[assignment]  # the RFC's name


PROBLEM = OpenApiResponse(ProblemSchema, "Refused.")


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception into a problem response; None leaves an unexpected one to become a 500."""
    if isinstance(error, IntegrityError):
        error = duplicate_of(error) or error
    if isinstance(error, DomainError):
        return problem(status_of(type(error)), error.code, str(error), _errors_of(error))
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif lost_to_another(error):
        return problem(HTTPStatus.CONFLICT, "busy", busy_text(), headers={"Retry-After": "1"})
    if not isinstance(error, exceptions.APIException):
        return None
    return _from_api(error)


def problem(
    status: int,
    code: str,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return a problem response with its status, stable code and sentence."""
    body = problem_body(status, code, detail)
    if errors:
        body["errors"] = errors
    return Response(body, status=status, headers=headers, content_type=PROBLEM_TYPE)


def problem_body(status: int, code: str, detail: str) -> dict[str, Any]:
    """Return the members that every problem has."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": request_id(),
    }


def request_id() -> str:
    """Return the id of the request, as in the logs."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def status_of(refusal: type[DomainError]) -> int:
    """Return the HTTP status of a kind of refusal."""
    if issubclass(refusal, NotAllowed):
        return HTTPStatus.FORBIDDEN
    if issubclass(refusal, IllegalTransition | StaleVersion):
        return HTTPStatus.CONFLICT
    if issubclass(refusal, Unreadable):
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.UNPROCESSABLE_ENTITY


def pointers(errors: Any, path: str = "") -> list[dict[str, str]]:
    """Flatten a serializer's errors into a list of JSON pointers, codes and sentences."""
    if isinstance(errors, dict):
        return [
            found
            for key, value in errors.items()
            for found in pointers(value, path if key == "non_field_errors" else f"{path}/{key}")
        ]
    if isinstance(errors, list | tuple):
        nested = any(isinstance(value, dict | list) for value in errors)
        return [
            found
            for index, value in enumerate(errors)
            for found in pointers(value, f"{path}/{index}" if nested else path)
        ]
    return [
        {"pointer": path, "code": str(getattr(errors, "code", "invalid")), "detail": str(errors)}
    ]


def _errors_of(error: DomainError) -> list[dict[str, str]]:
    """Return each error with the pointer to the field or line it is about."""
    each = error.errors if isinstance(error, SeveralErrors) else (error,)
    return [
        {"pointer": f"/lines/{one.line}" if one.line else f"/{one.field}", "code": one.code}
        | {"detail": str(one)}
        for one in each
        if one.line or one.field
    ]


def _from_api(error: exceptions.APIException) -> Response:
    headers = {}
    wait = getattr(error, "wait", None)
    if wait is not None:
        headers["Retry-After"] = str(max(1, math.ceil(wait)))
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if isinstance(error, exceptions.ValidationError):
        return problem(error.status_code, "invalid", str(INVALID), pointers(error.detail), headers)
    code = error.get_codes()
    detail = str(error.detail) if isinstance(error.detail, str) else str(error.default_detail)
    return problem(
        error.status_code, code if isinstance(code, str) else "error", detail, headers=headers
    )
