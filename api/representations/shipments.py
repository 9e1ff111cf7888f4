"""Shipments and returns in responses."""

from __future__ import annotations

from typing import Any

from api.representations.documents import at, key
from fulfilment.cloudevents import plain
from fulfilment.models import Shipment


def represent_shipment(shipment: Shipment) -> dict[str, Any]:
    """Return a shipment, or a return of one, with its lines."""
    return {
        "id": str(shipment.pk),
        "order": str(shipment.order_id),
        "direction": shipment.direction,
        "returns": key(shipment.returns_id),
        "is_replaced": shipment.is_replaced,
        "shipment_ref": shipment.reference,
        "status": shipment.status,
        "carrier": shipment.carrier,
        "tracking": shipment.tracking,
        "lines": [
            {
                "id": str(line.pk),
                "order_line": str(line.order_line_id),
                "quantity": plain(line.quantity),
            }
            for line in shipment.lines.all()
        ],
        "shipped_at": at(shipment.shipped_at),
        "delivered_at": at(shipment.delivered_at),
        "created_at": at(shipment.created_at),
        "updated_at": at(shipment.updated_at),
    }
