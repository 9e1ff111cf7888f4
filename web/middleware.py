"""Middleware: tells a page that its reader was signed out, and never puts the sign-in into it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url

from web.htmx import is_partial
from web.rendering import render_part


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
