from __future__ import annotations

from django.urls import URLPattern, URLResolver

app_name = "fulfilment"

urlpatterns: list[URLPattern | URLResolver] = []
