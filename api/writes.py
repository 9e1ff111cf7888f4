"""Writes: one transaction each, once for an idempotency key; a dry run is rolled back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.handoffs import with_handoffs
from api.idempotency import is_answered, key_of, store_response, stored_response
from api.inputs import Query, read
from api.permissions import partner_of
from api.preconditions import put_etag
from api.refusals import InFlight
from api.responses import json_response
from common.transactions import run_transaction


@dataclass(frozen=True, slots=True)
class Written:
    """What a write answers, with the address of what it made and the version to name next.

    ``has_secret``: what is kept of it for repeats is encrypted. ``data`` of None is no content.
    """

    data: dict[str, Any] | None
    status: int = HTTPStatus.OK
    location: str | None = None
    version: int | None = None
    has_secret: bool = False

    def response(self) -> HttpResponse:
        """Return it as a response."""
        if self.data is None:
            return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"Cache-Control": "no-store"})
        headers = {"Location": self.location} if self.location else {}
        response = json_response(self.data, status=self.status, headers=headers)
        return response if self.version is None else put_etag(response, self.version)


Handler = Callable[..., Written]


class WriteQuery(Query):
    """Query parameters of a write."""

    dry_run = serializers.BooleanField(
        default=False, help_text="Answer what would happen, and keep nothing."
    )


def once(handler: Handler) -> Callable[..., HttpResponse]:
    """Do a POST in one transaction, once for its idempotency key; a dry run is rolled back.

    The transaction runs again when PostgreSQL ended it in favour of another one.
    """

    @wraps(handler)
    def post(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        key, partner = key_of(request), partner_of(request)
        request._request.body  # noqa: B018  # read whole, since the parser leaves nothing behind

        def respond() -> HttpResponse:
            if (first := stored_response(request, partner, key)) is not None:
                return first
            written = handler(view, request, *args, **kwargs)
            response = written.response()
            store_response(request, partner, key, response, has_secret=written.has_secret)
            return response

        return _run(request, lambda: handler(view, request, *args, **kwargs), respond)

    return post


def once_after(ask: Callable[..., Any]) -> Callable[[Handler], Callable[..., HttpResponse]]:
    """As ``once``, after a request over the network, for which no transaction waits.

    ``ask`` is called before the transaction, unless the key was answered, and the handler gets what
    it returns. A dry run asks too.
    """

    def decorate(handler: Handler) -> Callable[..., HttpResponse]:
        @wraps(handler)
        def post(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            was_answered = is_answered(partner_of(request), key_of(request))
            asked = None if was_answered else ask(view, request, *args, **kwargs)

            def act(view: Any, request: Request, *args: Any, **kwargs: Any) -> Written:
                if was_answered:
                    raise InFlight  # its answer was forgotten since
                return handler(view, request, asked, *args, **kwargs)

            return once(act)(view, request, *args, **kwargs)

        return post

    return decorate


def repeatable(handler: Handler) -> Callable[..., HttpResponse]:
    """Do a PUT or PATCH, which may be repeated by what it is, in one transaction, or a dry run."""

    @wraps(handler)
    def write(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        def act() -> Written:
            return handler(view, request, *args, **kwargs)

        return _run(request, act, lambda: act().response())

    return write


def _run(
    request: Request, act: Callable[[], Written], respond: Callable[[], HttpResponse]
) -> HttpResponse:
    """Respond in a transaction; in a dry run act, answer what would happen and keep nothing."""

    def try_out() -> HttpResponse:
        response = json_response(with_handoffs(act().data, partner_of(request)))
        transaction.set_rollback(True)
        return response

    is_dry_run = read(WriteQuery, request.query_params.dict())["dry_run"]
    return run_transaction(try_out if is_dry_run else respond)
