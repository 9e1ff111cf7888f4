"""Middleware: says who was signed out, runs a form once, and says what was deleted meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url

from common.transactions import busy_text, lost_to_another, run_transaction
from crm.models import User
from web import submissions
from web.deleted_records import deletion_text, find_deleted, way_on
from web.htmx import forget_messages, is_partial, refuse
from web.http import RepRequest
from web.record_urls import page_above
from web.rendering import render_part

SCREENS = frozenset({"crm", "sales", "fulfilment"})
"""The names of our URLs: not those of the admin, of the API and of sign-in."""


LOST = "throughline.lost_to_another"
"""Where a request notes the error of a transaction that PostgreSQL ended, in its environment."""


class SayWhoIsSignedOut:
    """Answer 401 in words where htmx asks for a part of a page and would get the sign-in page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; replace what leads to the sign-in."""
        response = self.get_response(request)
        if not (is_partial(request) and _leads_to(response, resolve_url("account_login"))):
            return response
        page = {"sign_in": _sign_in_to(request)}
        status = HTTPStatus.UNAUTHORIZED
        return render_part(request, "base/parts/signed_out.html", page, status=status)


def _leads_to(response: HttpResponse, path: str) -> bool:
    return urlsplit(response.headers.get("Location", "")).path == path


def _sign_in_to(request: HttpRequest) -> str:
    """Return the URL that signs in and leads to the page that is open."""
    opened = request.htmx.current_url_abs_path  # type: ignore[attr-defined]  # set by django_htmx
    return f"{resolve_url('account_login')}?{urlencode({'next': opened or '/'})}"


class RunFormsOnce:
    """Run a form that was sent with a key once: in one transaction with what keeps its result.

    What was refused or failed is rolled back with its key, so that the form can be sent again.
    What lost to another transaction, as in a deadlock, is run again as a whole.
    A form without a key runs each time it is sent.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; keep its result, or roll back."""
        if not submissions.has_key(request):
            return self.get_response(request)
        try:
            return run_transaction(partial(self._run, request))
        except OperationalError as error:
            if not lost_to_another(error):
                raise
            return _say_busy(request)

    def _run(self, request: HttpRequest) -> HttpResponse:
        """Run a form; whatever an earlier run of it would have shown is forgotten."""
        forget_messages(request)
        response = self.get_response(request)
        if lost := request.META.pop(LOST, None):
            raise lost
        if not submissions.is_result(request, response):
            transaction.set_rollback(True)
        else:
            submissions.keep_result(cast("RepRequest", request), response)
        return response

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        """Claim the key once the request is known to come from our own page."""
        if not submissions.has_key(request):
            return None
        return submissions.claim(cast("RepRequest", request))

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Note that another transaction kept a form from its end: it is run again, or says so."""
        match = request.resolver_match
        if request.method != "POST" or match is None or match.app_name not in SCREENS | {"admin"}:
            return None
        if not lost_to_another(error):
            return None
        if submissions.has_key(request):
            request.META[LOST] = error
        return _say_busy(request)


def _say_busy(request: HttpRequest) -> HttpResponse:
    """Refuse a form because others change the same records; lead to the page that has it."""
    forget_messages(request)
    is_admin = request.resolver_match is not None and request.resolver_match.app_name == "admin"
    page = request.get_full_path() if is_admin else page_above(request.path)
    return refuse(request, busy_text(), page)


class SayWhatWasDeleted:
    """Refuse an action on a record that was deleted meanwhile, and lead on from there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a form about a deleted record; anything else stays the error that it is."""
        match, user = request.resolver_match, request.user
        if request.method != "POST" or match is None or match.app_name not in SCREENS:
            return None
        if not isinstance(user, User):
            return None
        state = find_deleted(error, match.kwargs, user)
        if state is None:
            return None
        return refuse(request, deletion_text(state, user), way_on(request, state))
