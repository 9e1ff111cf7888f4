"""Fields of an order that another system keeps: the shared ones that were given to it."""

from __future__ import annotations

from fulfilment.models import Connection, SyncState, sharing_orders
from fulfilment.sync.policies import Owner
from sales.models import Order

PRICE = "line.*.price"


def kept_there(order: Order) -> dict[str, str]:
    """Name the system that keeps a field of an order, by the path of its policy; one statement.

    They are the shared fields that an administrator gave to it.
    """
    shared = SyncState.objects.filter(record_id=order.pk)
    systems = Connection.objects.filter(sharing_orders(), pk__in=shared.values("connection"))
    return {
        path: system.name
        for system in systems
        for path, owner in system.field_owners.items()
        if owner == Owner.THEIRS
    }


def price_keeper(order: Order) -> str:
    """Name the system that keeps the prices of an order; empty where none does."""
    return kept_there(order).get(PRICE, "")
