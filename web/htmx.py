"""Answers for pages that are partly replaced, and the same answers for readers without scripts."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails


def is_partial(request: HttpRequest) -> bool:
    """Tell whether htmx asks for a part of a page."""
    details = getattr(request, "htmx", None)
    return isinstance(details, HtmxDetails) and bool(details) and not details.boosted


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    """Send the reader to another page, whichever way they asked."""
    if is_partial(request):
        return HttpResponseClientRedirect(url)
    return HttpResponseRedirect(url)


class SeeOther(HttpResponseRedirect):
    """A redirect that says nothing was done: 303."""

    status_code = HTTPStatus.SEE_OTHER


def refuse(request: HttpRequest, reason: str, url: str) -> HttpResponse:
    """Send the reader to the page that shows why nothing was done."""
    say(request, reason, level=messages.ERROR)
    return go_to(request, url) if is_partial(request) else SeeOther(url)


def say(request: HttpRequest, text: str, *, level: int = messages.SUCCESS) -> None:
    """Show a sentence on the next page."""
    messages.add_message(request, level, text)
