"""Addresses of the outside world."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from fulfilment.views import handoffs, shipments

app_name = "fulfilment"

urlpatterns: list[URLPattern | URLResolver] = [
    path("handoffs/", handoffs.HandoffList.as_view(), name="handoff-list"),
    path("handoffs/<uuid:pk>/", handoffs.detail, name="handoff-detail"),
    path("orders/<uuid:pk>/ship/", shipments.new, name="shipment-new"),
]
