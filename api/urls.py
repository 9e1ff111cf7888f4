from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from api.views.events import EventsView
from api.views.intake import IntakeView

app_name = "api"

urlpatterns: list[URLPattern | URLResolver] = [
    path("events", EventsView.as_view(), name="events"),
    path("intake/<slug:code>", IntakeView.as_view(), name="intake"),
]
