"""Refusals of requests, each with its status, stable code and sentence."""

from __future__ import annotations

from http import HTTPStatus

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, AuthenticationFailed, PermissionDenied


class InvalidToken(AuthenticationFailed):
    """The token is unknown, expired or revoked, or its partner was switched off."""

    default_detail = _("The access token is unknown, has expired or was revoked. Get another one.")
    default_code = "invalid_token"


class InsufficientScope(PermissionDenied):
    """The token, or its partner by now, lacks the scope (RFC 6750 section 3.1)."""

    default_code = "insufficient_scope"


class BodyTooLarge(APIException):
    """The body is larger than any request needs."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = _("The body has more than 1 MiB. Send less at once.")
    default_code = "too_large"


class LengthRequired(APIException):
    """The body comes in chunks, and its length is unknown."""

    status_code = HTTPStatus.LENGTH_REQUIRED
    default_detail = _("Send the body with its Content-Length.")
    default_code = "length_required"


class MissingKey(APIException):
    """A POST of a partner has no idempotency key."""

    status_code = HTTPStatus.BAD_REQUEST
    default_detail = _("Send an Idempotency-Key of 1 to 255 printable ASCII characters.")
    default_code = "idempotency_key_missing"


class KeyReused(APIException):
    """The key was sent before with another request."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    default_detail = _("This Idempotency-Key was sent before with another request. Use a new key.")
    default_code = "idempotency_key_reused"


class InFlight(APIException):
    """The first request with the key has not ended."""

    status_code = HTTPStatus.CONFLICT
    default_detail = _("The first request with this Idempotency-Key is still running. Try again.")
    default_code = "idempotency_key_in_flight"
    wait = 1


class PreconditionRequired(APIException):
    """The request does not say which version it is about (RFC 6585 section 3)."""

    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_detail = _("Send the ETag that you read last in If-Match.")
    default_code = "precondition_required"


class PreconditionFailed(APIException):
    """The record has another version by now (RFC 9110 section 13.1.1)."""

    status_code = HTTPStatus.PRECONDITION_FAILED
    default_code = "precondition_failed"
