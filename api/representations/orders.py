"""Orders in responses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from api.representations.documents import at, day, head, key, line
from fulfilment.cloudevents import plain
from fulfilment.models import ExternalRef, SyncState
from fulfilment.services.order_sync.sync_states import ORDER
from fulfilment.services.order_sync.sync_statuses import with_status_of_each
from sales.models import Order, OrderLine


def order_lines(order: Order) -> QuerySet[OrderLine]:
    """Return the lines of an order as they are shown."""
    return order.lines.order_by("position", "pk")


def represent_order(order: Order, lines: Sequence[Any] | None = None) -> dict[str, Any]:
    """Return an order with its lines, who else holds it, and where it comes from."""
    lines = list(order_lines(order)) if lines is None else lines
    return {
        **represent_head(order),
        "lines": [represent_line(each, order.currency) for each in lines],
        "sync": sync_of(order),
        "trace": trace_of(order),
    }


def represent_head(order: Order) -> dict[str, Any]:
    """Return an order as lists have it."""
    return {
        **head(order),
        "status": order.status,
        "fulfilment_status": order.fulfilment_status,
        "billing_status": order.billing_status,
        "processing_status": order.processing_status,
        "is_on_hold": order.is_on_hold,
        "hold_reason": order.hold_reason,
        "external_id": order.external_id,
        "confirmed_on": day(order.confirmed_on),
        "submitted_at": at(order.submitted_at),
    }


def represent_line(found: OrderLine, currency: str) -> dict[str, Any]:
    """Return a line of an order with what became of it."""
    return {
        **line(found, currency),
        "requested_on": day(found.requested_on),
        "cancelled_quantity": plain(found.cancelled_quantity),
        "shipped_quantity": plain(found.shipped_quantity),
        "delivered_quantity": plain(found.delivered_quantity),
        "returned_quantity": plain(found.returned_quantity),
        "invoiced_quantity": plain(found.invoiced_quantity),
    }


def sync_of(order: Order) -> list[dict[str, Any]]:
    """Return the systems that hold the order, and what they call it."""
    named = ExternalRef.objects.filter(record_type=ORDER, record_id=order.pk)
    numbers = {ref.connection_id: ref.external_number or ref.external_id for ref in named}
    states = SyncState.objects.filter(record_type=ORDER, record_id=order.pk)
    return [
        {
            "connection": state.connection.code,
            "state": state.sync_status,
            "external_number": numbers.get(state.connection_id, ""),
        }
        for state in with_status_of_each(states.select_related("connection").order_by("pk"))
    ]


def trace_of(order: Order) -> dict[str, str | None]:
    """Return the quote, opportunity and lead that the order came from."""
    opportunity = order.opportunity
    return {
        "lead": key(opportunity.lead_id) if opportunity else None,
        "opportunity": key(order.opportunity_id),
        "quote": key(order.quote_id),
    }
