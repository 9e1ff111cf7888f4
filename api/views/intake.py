"""Intake: receives signed messages (webhooks) from external systems, one or a batch."""

from __future__ import annotations

from typing import Any

from django.db import OperationalError
from django.db.models import QuerySet
from django.http import RawPostDataException, UnreadablePostError
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.authentication import BearerToken
from api.contract import LARGEST_BODY, MOST_AT_ONCE, REPORTING
from api.permissions import check_token_scope
from api.problems import PROBLEM, PROBLEM_TYPE, pointers, problem
from common.stored_sentences import printable
from common.transactions import busy_text, lost_to_another
from crm.models import Partner
from fulfilment import signing
from fulfilment.cloudevents import CONTENT_TYPE
from fulfilment.inbound.bodies import parse_body
from fulfilment.inbound.intake import MessageChanged, Receipt, receive
from fulfilment.inbound.schemas import InvalidMessage, event_schemas, parse_message
from fulfilment.models import Connection, InboundMessage, Secret
from fulfilment.services.connections import has_unreadable_secret, live_secrets

UNREAD = {"Connection": "close"}
"""The header of an answer to a body that is not read to its end: nothing may follow it."""

REPAIR_SECONDS = 15 * 60
"""When to send again what we cannot verify until an operator has repaired a secret."""


class ReceiptSchema(serializers.Serializer[Any]):
    """The result of one message."""

    id = serializers.CharField()
    result = serializers.ChoiceField(
        choices=[*InboundMessage.Result.values, "duplicate", "invalid"]
    )
    detail = serializers.CharField(allow_blank=True)


class ReceiptListSchema(serializers.Serializer[Any]):
    """The results of the messages of a batch, in their order."""

    results = ReceiptSchema(many=True)


SIGNED = [
    OpenApiParameter(
        name,
        OpenApiTypes.STR,
        OpenApiParameter.HEADER,
        description="With a signature; not with an access token.",
    )
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
]
AUTHENTICATION: Any = [{"partner": [Partner.Scope.FULFILMENT_WRITE.value]}, {}]
EVENTS: Any = event_schemas()
EVENT, BATCH = (
    PolymorphicProxySerializer("IncomingEvent", EVENTS, resource_type_field_name="type", many=many)
    for many in (None, True)
)
BODY: Any = PolymorphicProxySerializer(
    "IntakeBody", [EVENT, BATCH], resource_type_field_name=None, many=False
)
RECEIPT = PolymorphicProxySerializer(
    component_name="IntakeResult",
    serializers=[ReceiptSchema, ReceiptListSchema],
    resource_type_field_name=None,
)


class Refusal(Exception):
    """The whole request is refused, with this response."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


class IntakeView(APIView):
    """Signed messages from one connection: one event, or a list of up to 100."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get_authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401 for a token."""
        return BearerToken().authenticate_header(request)

    @extend_schema(
        operation_id="intake",
        tags=["intake"],
        description=REPORTING,
        parameters=SIGNED,
        request={CONTENT_TYPE: BODY},
        responses={
            200: RECEIPT,
            (400, PROBLEM_TYPE): PROBLEM,
            (401, PROBLEM_TYPE): PROBLEM,
            (403, PROBLEM_TYPE): PROBLEM,
            (404, PROBLEM_TYPE): PROBLEM,
            (406, PROBLEM_TYPE): PROBLEM,
            (411, PROBLEM_TYPE): PROBLEM,
            (413, PROBLEM_TYPE): PROBLEM,
            (415, PROBLEM_TYPE): PROBLEM,
            (422, PROBLEM_TYPE): PROBLEM,
            (503, PROBLEM_TYPE): PROBLEM,
        },
        auth=AUTHENTICATION,
    )
    def post(self, request: Request, code: str) -> Response:
        """Verify the signature, then store and apply each message on its own."""
        try:
            raw = _read(request)
            connection, message_id = _authenticate(request, code, raw)
            value = parse_body(raw)
            if isinstance(value, list):
                return _receive_batch(connection, value)
            return _receive_one(connection, value, message_id)
        except Refusal as refusal:
            return refusal.response
        except InvalidMessage as error:
            return _invalid(error)
        except OperationalError as error:
            if not lost_to_another(error):
                raise
            return _busy()


def _busy() -> Response:
    """Ask for the message once more: what PostgreSQL ended each time left nothing of it."""
    return problem(
        status.HTTP_503_SERVICE_UNAVAILABLE, "busy", busy_text(), headers={"Retry-After": "1"}
    )


def _read(request: Request) -> bytes:
    """Read the body, in one piece or in chunks; no more than the limit is read."""
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "").strip()
    if encoding.lower() not in {"", "identity"}:
        raise Refusal(_encoded(encoding))
    if "HTTP_TRANSFER_ENCODING" in request.META:
        return _read_chunks(request)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()) or int(length) > LARGEST_BODY:
        raise Refusal(_too_large())
    try:
        return request._request.body
    except (UnreadablePostError, RawPostDataException) as error:
        raise Refusal(_unreadable()) from error


def _read_chunks(request: Request) -> bytes:
    """Read a chunked body, if the server joins the chunks and marks the end."""
    if not request.META.get("wsgi.input_terminated"):
        detail = gettext("Send the body in one piece, with its Content-Length.")
        response = problem(
            status.HTTP_411_LENGTH_REQUIRED, "length_required", detail, headers=UNREAD
        )
        raise Refusal(response)
    body = bytearray()
    try:
        while chunk := request.META["wsgi.input"].read(LARGEST_BODY + 1 - len(body)):
            body += chunk
            if len(body) > LARGEST_BODY:
                raise Refusal(_too_large())
    except OSError as error:
        raise Refusal(_unreadable()) from error
    return bytes(body)


def _encoded(encoding: str) -> Response:
    detail = gettext(
        "Send the body as it is signed: it may not be encoded, here with “%(encoding)s”."
    ) % {"encoding": encoding[:50]}
    headers = {"Accept-Encoding": "identity", **UNREAD}
    return problem(
        status.HTTP_415_UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding", detail, headers=headers
    )


def _too_large() -> Response:
    detail = gettext("A request may have at most %(bytes)d bytes.") % {"bytes": LARGEST_BODY}
    return problem(status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, "too_large", detail, headers=UNREAD)


def _unreadable() -> Response:
    detail = gettext("The body did not arrive.")
    return problem(status.HTTP_400_BAD_REQUEST, "unreadable", detail)


def _authenticate(request: Request, code: str, raw: bytes) -> tuple[Connection, str | None]:
    """Return the connection that signed, and the id that it signed, or that of an access token.

    An unknown code is answered like a bad signature.
    """
    if (signed_in := BearerToken().authenticate(request)) is not None:
        return _with_token(*signed_in, code), None
    connection = _connections().filter(code=code).first()
    secrets = live_secrets(connection, Secret.Purpose.INBOUND) if connection else []
    try:
        message_id = signing.verify(request.headers, raw, secrets)
    except signing.BadSignature as error:
        if connection and has_unreadable_secret(connection, Secret.Purpose.INBOUND):
            raise Refusal(_cannot_verify()) from error
        response = problem(status.HTTP_401_UNAUTHORIZED, "bad_signature", str(error))
        raise Refusal(response) from error
    assert connection is not None  # noqa: S101  # without one there is no secret that fits
    return connection, message_id


def _with_token(partner: Partner, token: Any, code: str) -> Connection:
    """Return a connection for which the client of a token may report."""
    check_token_scope(partner, token, Partner.Scope.FULFILMENT_WRITE)
    connection = _connections().filter(code=code, pk__in=token.application.connections.all())
    return get_object_or_404(connection)


def _connections() -> QuerySet[Connection]:
    return Connection.objects.exclude(status=Connection.Status.DISABLED)


def _cannot_verify() -> Response:
    detail = gettext(
        "A secret that verifies your messages cannot be read here: an operator sees an alert. "
        "Send the message again later."
    )
    headers = {"Retry-After": str(REPAIR_SECONDS)}
    return problem(
        status.HTTP_503_SERVICE_UNAVAILABLE, "secret_unreadable", detail, headers=headers
    )


def _receive_one(connection: Connection, value: dict[str, Any], message_id: str | None) -> Response:
    message = parse_message(value)
    if message_id is not None and message.id != message_id:
        raise InvalidMessage(gettext("The id must equal the webhook-id header."))
    try:
        return Response(_receipt(receive(connection, message)))
    except MessageChanged as error:
        return problem(status.HTTP_422_UNPROCESSABLE_ENTITY, error.code, str(error))


def _receive_batch(connection: Connection, values: list[Any]) -> Response:
    if not 1 <= len(values) <= MOST_AT_ONCE:
        raise InvalidMessage(gettext("A batch has 1 to %(most)d events.") % {"most": MOST_AT_ONCE})
    return Response({"results": [_receipt(_receive(connection, value)) for value in values]})


def _receive(connection: Connection, value: Any) -> Receipt:
    """Store and apply one message of a batch; an invalid one does not affect the others."""
    name = value.get("id") if isinstance(value, dict) else None
    message_id = printable(name) if isinstance(name, str) else ""
    try:
        return receive(connection, parse_message(value))
    except InvalidMessage as error:
        return Receipt(message_id, "invalid", str(error))
    except MessageChanged as error:
        return Receipt(message_id, "conflict", str(error))


def _receipt(receipt: Receipt) -> dict[str, str]:
    return {"id": receipt.id, "result": receipt.result, "detail": receipt.detail}


def _invalid(error: InvalidMessage) -> Response:
    errors = pointers(error.errors_by_field) if error.errors_by_field else None
    return problem(status.HTTP_422_UNPROCESSABLE_ENTITY, error.code, str(error), errors)
