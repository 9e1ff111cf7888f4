"""Colour theme: light or dark, kept in a cookie."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

COOKIE = "theme"
THEMES = ("light", "dark")
ONE_YEAR = 365 * 24 * 60 * 60


def chosen_theme(request: HttpRequest) -> str:
    """Return the reader's choice, or nothing: then the page follows their system."""
    theme = request.COOKIES.get(COOKIE, "")
    return theme if theme in THEMES else ""


def theme(request: HttpRequest) -> dict[str, str]:
    """Give every page the theme (a context processor)."""
    return {"theme": chosen_theme(request)}


@require_http_methods(["GET", "HEAD", "POST"])
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Remember a theme for readers without scripts, and go back to where they were.

    A GET, such as a reload, changes nothing and leads home.
    """
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    response = HttpResponseRedirect(back)
    if (choice := request.POST.get("theme", "")) in THEMES:
        response.set_cookie(COOKIE, choice, max_age=ONE_YEAR, samesite="Lax")
    return response
