"""Admin pages of shipments and returns."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.base import LookOnlyAdmin, ReadOnlyAdmin
from fulfilment.models import Shipment, ShipmentLine


class ShipmentLineInline(ReadOnlyAdmin, admin.TabularInline[ShipmentLine, Shipment]):
    """The lines of a shipment."""

    model = ShipmentLine
    extra = 0


@admin.register(Shipment)
class ShipmentAdmin(LookOnlyAdmin[Shipment]):
    """Shipments and returns; they are recorded on the order's page."""

    list_display = ("reference", "order", "direction", "status", "carrier", "tracking")
    list_filter = ("status", "direction")
    list_select_related = ("order",)
    search_fields = ("reference", "order__number", "tracking")
    inlines = (ShipmentLineInline,)
