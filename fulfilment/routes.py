"""Routes: which event is sent to external systems, and with which payload.

Which connection receives it is configuration: ``Connection.event_types``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fulfilment.cloudevents import TYPE_PREFIX
from fulfilment.payloads import invoice_payload, order_payload, quote_payload
from sales.models import SalesEvent


@dataclass(frozen=True, slots=True)
class Route:
    """The payload of one event type."""

    payload: Callable[[Any], dict[str, Any]]
    opens_record: bool = False
    """Whether the external system creates a record for it, whose reference we store."""


PAYLOAD_VERSIONS = (1,)
"""The versions of the messages, the newest last."""

_Type = SalesEvent.Type

ROUTES: dict[str, Route] = {
    _Type.QUOTE_ACCEPTED: Route(quote_payload),
    _Type.ORDER_SUBMITTED: Route(order_payload, opens_record=True),
    _Type.ORDER_CHANGED: Route(order_payload),
    _Type.ORDER_HELD: Route(order_payload),
    _Type.ORDER_RELEASED: Route(order_payload),
    _Type.ORDER_SENT_AGAIN: Route(order_payload),
    _Type.ORDER_CANCELLED: Route(order_payload),
    _Type.ORDER_PROGRESSED: Route(order_payload),
    _Type.SHIPMENT_RECORDED: Route(order_payload),
    _Type.INVOICE_ISSUED: Route(invoice_payload, opens_record=True),
    _Type.INVOICE_CREDITED: Route(invoice_payload),
    _Type.INVOICE_PAID: Route(invoice_payload),
    _Type.INVOICE_PAYMENT_CORRECTED: Route(invoice_payload),
    _Type.INVOICE_PAID_FROM_CREDIT: Route(invoice_payload),
    _Type.INVOICE_MOVED_TO_CREDIT: Route(invoice_payload),
    _Type.INVOICE_REFUNDED: Route(invoice_payload),
    _Type.INVOICE_WRITTEN_OFF: Route(invoice_payload),
}


def document_kind_of(event_type: str) -> str:
    """Return the kind of document that events of a type are about; a shipment is of an order."""
    word = event_type.partition(".")[0]
    return "order" if word == "shipment" else word


def sent_event_types() -> list[tuple[str, str]]:
    """Return the event types that may be sent, each with the type of its messages."""
    return [(str(name), TYPE_PREFIX + name) for name in ROUTES]
