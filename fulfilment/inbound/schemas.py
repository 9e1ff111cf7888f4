"""The shape of messages that come in: CloudEvents with one of the types below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from rest_framework import serializers

from common.errors import DomainError
from fulfilment.cloudevents import digest

LONGEST_SEQUENCE = 2**63 - 1


class InvalidMessage(DomainError):
    """The message is not one we can read; sending it again will not help."""

    code = "invalid_message"

    def __init__(self, message: str, errors: Any = None) -> None:
        super().__init__(message)
        self.errors_by_field: Any = errors or {}


class MoneyShape(serializers.Serializer[Any]):
    """An amount as text, with its currency."""

    amount = serializers.DecimalField(max_digits=20, decimal_places=5)
    currency = serializers.RegexField(r"^[A-Z]{3}$")


class OrderStatusShape(serializers.Serializer[Any]):
    """``warehouse.order.status``: how far an order is in the house."""

    order = serializers.CharField(max_length=30)
    status = serializers.ChoiceField(choices=["accepted", "picking", "packed"])


class ShippedLineShape(serializers.Serializer[Any]):
    """How much of an order line a shipment holds in all."""

    order_line = serializers.UUIDField()
    quantity = serializers.DecimalField(max_digits=20, decimal_places=5, min_value=0)


class ShipmentShape(serializers.Serializer[Any]):
    """``warehouse.shipment.reported``: a shipment as it stands, never a difference."""

    order = serializers.CharField(max_length=30)
    shipment_ref = serializers.CharField(max_length=60)
    status = serializers.ChoiceField(choices=["picked", "packed", "shipped", "delivered"])
    carrier = serializers.CharField(max_length=60, allow_blank=True, default="")
    tracking = serializers.CharField(max_length=80, allow_blank=True, default="")
    lines = ShippedLineShape(many=True, allow_empty=False)


class InvoicePostedShape(serializers.Serializer[Any]):
    """``erp.invoice.posted``: the invoice of record."""

    invoice = serializers.CharField(max_length=30)
    official_number = serializers.CharField(max_length=60)
    status = serializers.ChoiceField(choices=["posted"])
    issued_on = serializers.DateField()
    tax = MoneyShape()
    total = MoneyShape()


class InvoicePaidShape(serializers.Serializer[Any]):
    """``erp.invoice.paid``: money that reached the other books."""

    invoice = serializers.CharField(max_length=30)
    official_number = serializers.CharField(max_length=60)
    status = serializers.ChoiceField(choices=["paid"])
    payment_ref = serializers.CharField(max_length=60)
    amount = MoneyShape()
    paid_on = serializers.DateField()


SHAPES: dict[str, type[serializers.Serializer[Any]]] = {
    "warehouse.order.status": OrderStatusShape,
    "warehouse.shipment.reported": ShipmentShape,
    "erp.invoice.posted": InvoicePostedShape,
    "erp.invoice.paid": InvoicePaidShape,
}
"""Every type we understand, with the shape of its ``data``."""


class EnvelopeShape(serializers.Serializer[Any]):
    """The attributes of a CloudEvent, as far as we read them."""

    specversion = serializers.ChoiceField(choices=["1.0"])
    id = serializers.CharField(max_length=100)
    source = serializers.CharField(max_length=100)  # type: ignore[assignment]  # CloudEvents' word
    type = serializers.ChoiceField(choices=sorted(SHAPES))
    subject = serializers.CharField(max_length=100, required=False)
    time = serializers.DateTimeField(required=False)
    sequence = serializers.RegexField(r"^[0-9]{1,20}$", help_text="Zero-padded, per source.")
    data = serializers.DictField()  # type: ignore[assignment]  # CloudEvents' word


def event_shapes() -> dict[str, type[EnvelopeShape]]:
    """Describe each type's whole event, envelope and data, for the published schemas."""
    return {
        name: type(
            f"{shape.__name__.removesuffix('Shape')}Event",
            (EnvelopeShape,),
            {
                "__doc__": shape.__doc__,
                "type": serializers.ChoiceField(choices=[name]),
                "data": shape(),
            },
        )
        for name, shape in SHAPES.items()
    }


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """One message, read and found in shape."""

    id: str
    type: str
    subject: str
    sequence: int
    data: dict[str, Any]
    body: dict[str, Any]
    digest: str


def parse_body(raw: bytes) -> list[Any] | dict[str, Any]:
    """Read JSON strictly: UTF-8, no NaN, no bottomless nesting, nothing the database refuses."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidMessage("The body is not valid JSON.") from error
    if b"\\u0000" in raw:
        raise InvalidMessage("The body holds a NUL character.")
    if not isinstance(value, dict | list):
        raise InvalidMessage("The body must be one event or a list of events.")
    return value


def parse_message(value: Any) -> IncomingMessage:
    """Check one event's envelope and data."""
    envelope = _checked(EnvelopeShape, value)
    data = _checked(SHAPES[envelope["type"]], envelope["data"], within="data")
    sequence = int(envelope["sequence"])
    if sequence > LONGEST_SEQUENCE:
        raise InvalidMessage("sequence is too large.", {"sequence": ["Too large."]})
    return IncomingMessage(
        id=envelope["id"],
        type=envelope["type"],
        subject=data.get("order") or data.get("invoice") or "",
        sequence=sequence,
        data=data,
        body=value,
        digest=digest(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)),
    )


def _checked(
    shape: type[serializers.Serializer[Any]], value: Any, within: str = ""
) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidMessage("Each event must be an object.")
    serializer = shape(data=value)
    if not serializer.is_valid():
        errors = {within: serializer.errors} if within else serializer.errors
        raise InvalidMessage("The event is not in shape.", errors)
    checked: dict[str, Any] = serializer.validated_data
    return checked
