"""Every door of the house."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from common.theme import choose_theme
from config.health import healthz
from config.metrics import metrics
from fulfilment.views.home import home
from fulfilment.views.search import search

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", home, name="home"),
    path("search/", search, name="search"),
    path("", include("crm.urls")),
    path("", include("sales.urls")),
    path("", include("fulfilment.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("fulfilment.api.urls")),
    path("theme/", choose_theme, name="theme"),
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
]
