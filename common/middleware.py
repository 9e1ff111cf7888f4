"""Middleware: refuses requests with NUL characters, which PostgreSQL stores in no text."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

NUL = "\x00"


class RefuseNulCharacters:
    """Answer 400 where the path or a parameter of the URL has a NUL character.

    Forms and serializers refuse it in what is posted, beside the field.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse the request, or pass it on."""
        values = (value for _, values in request.GET.lists() for value in values)
        if NUL in request.path or any(NUL in each for each in (*request.GET, *values)):
            return HttpResponse(
                gettext("The address has a character that no text may contain (NUL)."),
                status=HTTPStatus.BAD_REQUEST,
                content_type="text/plain; charset=utf-8",
            )
        return self.get_response(request)
