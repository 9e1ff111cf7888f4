"""Middleware: characters that no text of ours may have, in what is typed and in addresses."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, QueryDict, UnreadablePostError
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.translation import gettext

from common.direction_marks import has_controls, without_controls

NUL = "\x00"


class RefuseNulCharacters:
    """Answer 400 where the path or a parameter of the URL has a NUL character.

    Forms and serializers refuse it in what is posted, beside the field.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse the request, or pass it on."""
        reason = _nul_in(request)
        if not reason:
            return self.get_response(request)
        if "text/html" in request.headers.get("Accept", ""):
            page = {"reason": reason}
            return render(request, "400.html", page, status=HTTPStatus.BAD_REQUEST)
        return HttpResponse(
            reason, status=HTTPStatus.BAD_REQUEST, content_type="text/plain; charset=utf-8"
        )


def _nul_in(request: HttpRequest) -> str:
    """Say where an address has a NUL character; empty if nowhere."""
    for name, values in request.GET.lists():
        if NUL not in name and any(NUL in each for each in values):
            return gettext(
                "%(name)s in the address has a NUL character, which no text can have: leave it out."
            ) % {"name": name}
    if NUL in request.path or any(NUL in name for name in request.GET):
        return gettext(
            "The address has a NUL character, which no text can have: leave it out, or go on "
            "from the home page."
        )
    return ""


class StripDirectionControls:
    """Take bidirectional formatting characters out of what forms post and addresses ask for.

    So no form and no page of the admin has to. Views that read their body themselves, which are
    exempt from the check of forms, strip what they parse.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Clean the parameters before anything reads them, and pass the request on."""
        request.GET = _cleaned(request.GET)  # type: ignore[assignment]  # cleaned, as immutable
        if request.method == "POST" and not reads_its_body(request):
            with suppress(UnreadablePostError):
                request.POST = _cleaned(request.POST)  # type: ignore[assignment]  # as immutable
        return self.get_response(request)


def reads_its_body(request: HttpRequest) -> bool:
    """Whether the view of a request reads the body itself; where there is none, nobody does."""
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return True
    return bool(getattr(view, "csrf_exempt", False))


def _cleaned(typed: QueryDict) -> QueryDict:
    """Return the parameters without such characters; the same where there are none."""
    if not any(has_controls(each) for _, values in typed.lists() for each in values):
        return typed
    cleaned = QueryDict(mutable=True)
    for name, values in typed.lists():
        cleaned.setlist(name, [without_controls(each) for each in values])
    cleaned._mutable = False
    return cleaned
