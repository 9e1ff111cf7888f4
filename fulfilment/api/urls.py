from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from fulfilment.api.intake import IntakeView

app_name = "api"

urlpatterns: list[URLPattern | URLResolver] = [
    path("intake/<slug:code>", IntakeView.as_view(), name="intake"),
]
