"""URLs of handoffs, messages, discrepancies and shipments."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, register_converter
from django.urls.converters import StringConverter

from web.views import (
    conflicts,
    connections,
    discrepancies,
    handoff_actions,
    handoffs,
    inbound_messages,
    shipments,
    sync,
)

app_name = "fulfilment"


class ShipmentStatus(StringConverter):
    """The statuses a person may give a shipment."""

    regex = "shipped|delivered|failed"


register_converter(ShipmentStatus, "shipment_status")

urlpatterns: list[URLPattern | URLResolver] = [
    path("handoffs/", handoffs.HandoffList.as_view(), name="handoff-list"),
    path("handoffs/<uuid:pk>/", handoffs.detail, name="handoff-detail"),
    path("handoffs/<uuid:pk>/replay/", handoff_actions.replay, name="handoff-replay"),
    path(
        "handoffs/<uuid:pk>/replay-like/", handoff_actions.replay_like, name="handoff-replay-like"
    ),
    path("handoffs/<uuid:pk>/skip/", handoff_actions.skip, name="handoff-skip"),
    path("handoffs/<uuid:pk>/settle/", handoff_actions.settle, name="handoff-settle"),
    path("connections/<uuid:pk>/", connections.detail, name="connection-detail"),
    path("connections/<uuid:pk>/reconcile/", connections.reconcile, name="connection-reconcile"),
    path("connections/<uuid:pk>/load/", connections.load, name="connection-load"),
    path("messages/<uuid:pk>/", inbound_messages.detail, name="inboundmessage-detail"),
    path("messages/<uuid:pk>/apply/", inbound_messages.apply, name="inboundmessage-apply"),
    path("messages/<uuid:pk>/set-aside/", inbound_messages.leave, name="inboundmessage-set-aside"),
    path(
        "messages/<uuid:pk>/map/<slug:kind>/<path:code>/",
        inbound_messages.map_code,
        name="inboundmessage-map",
    ),
    path("discrepancies/<uuid:pk>/", discrepancies.detail, name="discrepancy-detail"),
    path("discrepancies/<uuid:pk>/decide/", discrepancies.decide, name="discrepancy-decide"),
    path("orders/<uuid:pk>/ship/", shipments.new, name="shipment-new"),
    path("orders/<uuid:pk>/compare/<slug:code>/", sync.compare, name="order-compare"),
    path("orders/<uuid:pk>/conflicts/<slug:code>/", conflicts.decide, name="order-conflicts"),
    path("shipments/<uuid:pk>/return/", shipments.take_back, name="shipment-return"),
    path("shipments/<uuid:pk>/parcel/", shipments.parcel, name="shipment-parcel"),
    path("shipments/<uuid:pk>/<shipment_status:status>/", shipments.move, name="shipment-move"),
]
