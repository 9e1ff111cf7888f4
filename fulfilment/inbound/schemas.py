"""Schemas of inbound messages: CloudEvents with one of the types below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from django.utils.translation import gettext
from rest_framework import serializers

from common.errors import DomainError
from fulfilment.cloudevents import digest

LONGEST_SEQUENCE = 2**63 - 1


class InvalidMessage(DomainError):
    """The message does not match its schema; sending it again does not help."""

    code = "invalid_message"

    def __init__(self, message: str, errors: Any = None) -> None:
        super().__init__(message)
        self.errors_by_field: Any = errors or {}


class MoneySchema(serializers.Serializer[Any]):
    """An amount as text, with its currency."""

    amount = serializers.DecimalField(max_digits=20, decimal_places=5)
    currency = serializers.RegexField(r"^[A-Z]{3}$")


class OrderStatusSchema(serializers.Serializer[Any]):
    """``warehouse.order.status``: the progress of an order in the warehouse."""

    order = serializers.CharField(max_length=30)
    status = serializers.ChoiceField(choices=["accepted", "picking", "packed"])


class ShippedLineSchema(serializers.Serializer[Any]):
    """The total quantity of an order line in a shipment."""

    order_line = serializers.UUIDField()
    quantity = serializers.DecimalField(max_digits=20, decimal_places=5, min_value=0)


class ShipmentReportSchema(serializers.Serializer[Any]):
    """``warehouse.shipment.reported``: the state of a shipment; quantities are totals."""

    order = serializers.CharField(max_length=30)
    shipment_ref = serializers.CharField(max_length=60)
    status = serializers.ChoiceField(choices=["picked", "packed", "shipped", "delivered"])
    carrier = serializers.CharField(max_length=60, allow_blank=True, default="")
    tracking = serializers.CharField(max_length=80, allow_blank=True, default="")
    lines = ShippedLineSchema(many=True, allow_empty=False)


class InvoicePostedSchema(serializers.Serializer[Any]):
    """``erp.invoice.posted``: the invoice of record."""

    invoice = serializers.CharField(max_length=30)
    official_number = serializers.CharField(max_length=60)
    status = serializers.ChoiceField(choices=["posted"])
    issued_on = serializers.DateField()
    tax = MoneySchema()
    total = MoneySchema()


class InvoicePaidSchema(serializers.Serializer[Any]):
    """``erp.invoice.paid``: a payment that the ERP received."""

    invoice = serializers.CharField(max_length=30)
    official_number = serializers.CharField(max_length=60)
    status = serializers.ChoiceField(choices=["paid"])
    payment_ref = serializers.CharField(max_length=60)
    amount = MoneySchema()
    paid_on = serializers.DateField()


SCHEMAS: dict[str, type[serializers.Serializer[Any]]] = {
    "warehouse.order.status": OrderStatusSchema,
    "warehouse.shipment.reported": ShipmentReportSchema,
    "erp.invoice.posted": InvoicePostedSchema,
    "erp.invoice.paid": InvoicePaidSchema,
}
"""Every inbound type, with the schema of its ``data``."""


class EnvelopeSchema(serializers.Serializer[Any]):
    """The attributes of a CloudEvent that we read."""

    specversion = serializers.ChoiceField(choices=["1.0"])
    id = serializers.CharField(max_length=100)
    source = serializers.CharField(max_length=100)  # type: ignore[assignment]  # CloudEvents' name
    type = serializers.ChoiceField(choices=sorted(SCHEMAS))
    subject = serializers.CharField(max_length=100, required=False)
    time = serializers.DateTimeField(required=False)
    sequence = serializers.RegexField(r"^[0-9]{1,20}$", help_text="Zero-padded, per source.")
    data = serializers.DictField()  # type: ignore[assignment]  # CloudEvents' name


def event_schemas() -> dict[str, type[EnvelopeSchema]]:
    """Return the schema of each type's whole event, envelope and data, for the API description."""
    return {
        name: type(
            f"{schema.__name__.removesuffix('Schema')}Event",
            (EnvelopeSchema,),
            {
                "__doc__": schema.__doc__,
                "type": serializers.ChoiceField(choices=[name]),
                "data": schema(),
            },
        )
        for name, schema in SCHEMAS.items()
    }


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """One valid message."""

    id: str
    type: str
    subject: str
    sequence: int
    data: dict[str, Any]
    body: dict[str, Any]
    digest: str


def parse_body(raw: bytes) -> list[Any] | dict[str, Any]:
    """Parse JSON strictly: UTF-8, no NaN, limited nesting, no NUL characters."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidMessage(gettext("The body is not valid JSON.")) from error
    if b"\\u0000" in raw:
        raise InvalidMessage(gettext("The body holds a NUL character."))
    if not isinstance(value, dict | list):
        raise InvalidMessage(gettext("The body must be one event or a list of events."))
    return value


def parse_message(value: Any) -> IncomingMessage:
    """Validate one event's envelope and data."""
    envelope = _validated(EnvelopeSchema, value)
    data = _validated(SCHEMAS[envelope["type"]], envelope["data"], within="data")
    sequence = int(envelope["sequence"])
    if sequence > LONGEST_SEQUENCE:
        raise InvalidMessage(
            gettext("The sequence is too large."), {"sequence": [gettext("Too large.")]}
        )
    return IncomingMessage(
        id=envelope["id"],
        type=envelope["type"],
        subject=data.get("order") or data.get("invoice") or "",
        sequence=sequence,
        data=data,
        body=value,
        digest=digest(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)),
    )


def _validated(
    schema: type[serializers.Serializer[Any]], value: Any, within: str = ""
) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidMessage(gettext("Each event must be an object."))
    serializer = schema(data=value)
    if not serializer.is_valid():
        errors = {within: serializer.errors} if within else serializer.errors
        raise InvalidMessage(gettext("The event does not match its schema."), errors)
    validated: dict[str, Any] = serializer.validated_data
    return validated
