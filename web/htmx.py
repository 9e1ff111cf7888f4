"""Responses to htmx requests, and their equivalents for browsers without JavaScript."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails


def is_partial(request: HttpRequest) -> bool:
    """Return whether htmx asks for a part of a page."""
    details = getattr(request, "htmx", None)
    return isinstance(details, HtmxDetails) and bool(details) and not details.boosted


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    """Redirect the browser, or htmx."""
    if is_partial(request):
        return HttpResponseClientRedirect(url)
    return HttpResponseRedirect(url)


class SeeOther(HttpResponseRedirect):
    """Redirect after a refused action: 303."""

    status_code = HTTPStatus.SEE_OTHER


def refuse(request: HttpRequest, reason: str, url: str) -> HttpResponse:
    """Redirect to the page that shows why nothing was done."""
    show_message(request, reason, level=messages.ERROR)
    return go_to(request, url) if is_partial(request) else SeeOther(url)


def show_message(request: HttpRequest, text: str, *, level: int = messages.SUCCESS) -> None:
    """Show a message on the next page."""
    messages.add_message(request, level, text)
