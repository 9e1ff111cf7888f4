"""Responses to htmx requests, and their equivalents for browsers without JavaScript."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.contrib.messages.storage import default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

SHOWN = "throughline.shown_messages"
"""Where a request notes, in its environment, what it shows on the next page."""


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


class ClientSeeOther(HttpResponseClientRedirect):
    """Redirect of htmx after a refused action."""


def refuse(request: HttpRequest, reason: str, url: str) -> HttpResponse:
    """Redirect to the page that shows why nothing was done."""
    show_message(request, reason, level=messages.ERROR)
    return ClientSeeOther(url) if is_partial(request) else SeeOther(url)


def is_refusal(response: HttpResponse) -> bool:
    """Return whether a response says that nothing was done."""
    refused = response.status_code >= HTTPStatus.BAD_REQUEST
    return refused or isinstance(response, SeeOther | ClientSeeOther)


def show_message(request: HttpRequest, text: str, *, level: int = messages.SUCCESS) -> None:
    """Show a message on the next page."""
    messages.add_message(request, level, text)
    request.META.setdefault(SHOWN, []).append((level, str(text)))


def forget_messages(request: HttpRequest) -> None:
    """Forget what this request would show on the next page, as when it is run again."""
    request.META.pop(SHOWN, None)
    request._messages = default_storage(request)  # type: ignore[attr-defined]  # set by Django


def shown_messages(request: HttpRequest) -> list[tuple[int, str]]:
    """Return the level and the text of each message that this request shows on the next page."""
    shown: list[tuple[int, str]] = request.META.get(SHOWN, [])
    return shown
