"""Every URL: the browser UI, the admin, the API, sign-in, health and metrics."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from config.health import healthz
from config.metrics import metrics

urlpatterns = [
    path("", include("web.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("api.urls")),
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
]
