"""Every URL of the browser UI."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from web.theme import choose_theme
from web.views.home import home
from web.views.search import search

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("search/", search, name="search"),
    path("theme/", choose_theme, name="theme"),
    path("", include("web.urls.crm")),
    path("", include("web.urls.sales")),
    path("", include("web.urls.fulfilment")),
]
