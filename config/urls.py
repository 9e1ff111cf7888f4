"""Every URL: the browser UI, the admin, the API, sign-in, health and metrics."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from oauth2_provider.views import RevokeTokenView

from api.views.documentation import api_docs, document, llms_txt
from api.views.token import LimitedTokenView
from config.health import healthz
from config.metrics import metrics

urlpatterns = [
    path("", include("web.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("api.urls")),
    path("api/docs", api_docs, name="api-docs"),
    path("api/docs/<str:name>", document, name="api-document"),
    path("llms.txt", llms_txt, name="llms-txt"),
    path("oauth/token", LimitedTokenView.as_view(), name="oauth-token"),
    path("oauth/revoke", RevokeTokenView.as_view(), name="oauth-revoke"),
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
]
