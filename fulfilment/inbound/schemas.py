"""Schemas of inbound messages: CloudEvents with one of the types below."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from rest_framework import serializers

from common.direction_marks import strip_controls
from common.errors import DomainError
from common.json_reading import find_unstorable
from common.sentences import Sentence
from common.sentences import sentence as _
from fulfilment.cloudevents import digest
from fulfilment.connectors.base import Record
from fulfilment.inbound.fields import (
    DayField,
    MomentField,
    number,
    place,
    quantity,
    reason,
    reference,
)
from fulfilment.inbound.supply_document_schemas import SUPPLY_SCHEMAS
from sales.models.document_kinds import REPORTED_KINDS

DEEPEST = 32
"""How many objects and lists may stand in each other in an event; the largest schema needs five."""


class InvalidMessage(DomainError):
    """The message does not match its schema; sending it again does not help."""

    code = "invalid_message"

    def __init__(self, message: str | Sentence, errors: Any = None) -> None:
        super().__init__(message)
        self.errors_by_field: Any = errors or {}


class MoneySchema(serializers.Serializer[Any]):
    """An amount as text, with its currency."""

    amount = number()
    currency = serializers.RegexField(r"^[A-Z]{3}$")


class OrderStatusSchema(serializers.Serializer[Any]):
    """``warehouse.order.status``: the progress of an order in the warehouse."""

    order = reference()
    status = serializers.ChoiceField(choices=["accepted", "picking", "packed"])


class ShippedLineSchema(serializers.Serializer[Any]):
    """The total quantity of an order line in a shipment."""

    order_line = serializers.UUIDField()
    quantity = quantity()


class ShortLineSchema(serializers.Serializer[Any]):
    """The total quantity of an order line that cannot be shipped; 0 when it can again."""

    order_line = serializers.UUIDField()
    quantity = quantity()
    reason = reason(allow_blank=True, default="")


class ShortageSchema(serializers.Serializer[Any]):
    """``warehouse.order.shortage``: what cannot be shipped; without lines, all that is open."""

    order = reference()
    reason = reason()
    lines = ShortLineSchema(many=True, default=list)


class ShipmentReportSchema(serializers.Serializer[Any]):
    """``warehouse.shipment.reported``: the state of a shipment; quantities are totals."""

    order = reference()
    shipment_ref = reference()
    status = serializers.ChoiceField(
        choices=["picked", "packed", "shipped", "delivered", "failed", "refused"]
    )
    reason = reason(allow_blank=True, default="")
    carrier = reference(allow_blank=True, default="")
    tracking = reference(allow_blank=True, default="")
    lines = ShippedLineSchema(many=True, allow_empty=False)


class ReturnSchema(serializers.Serializer[Any]):
    """``warehouse.return.received``: goods that came back; quantities are totals."""

    order = reference()
    return_ref = reference()
    shipment_ref = reference(allow_blank=True, default="")
    replace = serializers.BooleanField(
        default=False, help_text="Whether the goods are shipped once more."
    )
    carrier = reference(allow_blank=True, default="")
    tracking = reference(allow_blank=True, default="")
    lines = ShippedLineSchema(many=True, allow_empty=False)


class InvoicePostedSchema(serializers.Serializer[Any]):
    """``erp.invoice.posted``: the invoice of record."""

    invoice = reference()
    official_number = reference()
    status = serializers.ChoiceField(choices=["posted"])
    issued_on = DayField()
    tax = MoneySchema()
    total = MoneySchema()


class CreditedLineSchema(serializers.Serializer[Any]):
    """How much of an invoice line is credited."""

    invoice_line = serializers.UUIDField()
    quantity = quantity()


class InvoiceCreditedSchema(serializers.Serializer[Any]):
    """``erp.invoice.credited``: a credit note of the ERP; without lines, for all that is left."""

    invoice = reference()
    credit_ref = reference()
    official_number = reference(help_text="The number of the credit note.")
    credited_on = DayField()
    reason = reason()
    amount = MoneySchema(help_text="The total of the credit note, above zero.")
    bill_again = serializers.BooleanField(
        default=False, help_text="Whether what is credited may be invoiced again."
    )
    lines = CreditedLineSchema(many=True, default=list)


class InvoicePaidSchema(serializers.Serializer[Any]):
    """``erp.invoice.paid``: a payment that the ERP received, of all or a part."""

    invoice = reference()
    official_number = reference()
    status = serializers.ChoiceField(choices=["paid", "part paid"])
    payment_ref = reference()
    amount = MoneySchema()
    paid_on = DayField()


class PaymentReversedSchema(serializers.Serializer[Any]):
    """``erp.payment.reversed``: money that did not stay: a chargeback, a bounced debit."""

    invoice = reference()
    payment_ref = reference(help_text="The reference of the payment.")
    reversal_ref = reference()
    kind = serializers.ChoiceField(choices=["chargeback", "returned", "cancelled"])
    reason = reason()
    amount = MoneySchema(help_text="How much of the payment, above zero.")
    reversed_on = DayField()


SCHEMAS: dict[str, type[serializers.Serializer[Any]]] = {
    "warehouse.order.status": OrderStatusSchema,
    "warehouse.order.shortage": ShortageSchema,
    "warehouse.shipment.reported": ShipmentReportSchema,
    "warehouse.return.received": ReturnSchema,
    "erp.invoice.posted": InvoicePostedSchema,
    "erp.invoice.credited": InvoiceCreditedSchema,
    "erp.invoice.paid": InvoicePaidSchema,
    "erp.payment.reversed": PaymentReversedSchema,
    **SUPPLY_SCHEMAS,
}
"""Every inbound type, with the schema of its ``data``."""

POSTED = frozenset(name for name in SCHEMAS if re.fullmatch(r"supply\.\w+\.posted", name))
"""The types that carry a document of another system about an order."""

OPENING = frozenset({"supply.order.changed", "supply.order.deleted"})
"""The types that may be about an order that is not known here: one opens it, one keeps it out."""


MOVING = ("warehouse.shipment.reported", "warehouse.return.received")
"""The types that move goods: without a quantity only a correction means something."""

PARTS = ("return_ref", "credit_ref", "payment_ref", "shipment_ref")
"""The fields of ``data`` that say which part of the document a message is about."""

DOCUMENTS = ("delivery", "return", "invoice", "credit_note")
"""The fields of ``data`` that are a document of theirs about an order, by its number."""


class EnvelopeSchema(serializers.Serializer[Any]):
    """The attributes of a CloudEvent that we read."""

    specversion = serializers.ChoiceField(choices=["1.0"])
    id = reference()
    source = reference()  # type: ignore[assignment]  # CloudEvents' name
    type = serializers.ChoiceField(choices=sorted(SCHEMAS))
    subject = reference(required=False)
    time = MomentField(required=False)
    sequence = place(help_text="Zero-padded to at most 20 digits, per source.")
    knows = serializers.RegexField(
        r"^[0-9]{1,20}$",
        required=False,
        help_text="The highest `sequence` of our events about the document that is applied there.",
    )
    correlationid = reference(required=False, allow_blank=True)
    correction = serializers.BooleanField(
        default=False, help_text="Replaces what was reported with lower sequences, downwards too."
    )
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
    part: str = ""
    """Which shipment or payment of the document it is about, by their reference."""
    knows: int | None = None
    """The version of our document that they have applied; None if they do not say."""
    read_at: dt.datetime | None = None
    """When it was read there, by the database's clock; None for a message that they sent."""
    correlation: str = ""
    is_correction: bool = False
    """Whether it replaces what was reported with lower sequences, downwards too."""
    record: Record | None = None
    """The document that it is about, once that is found."""

    @property
    def digest(self) -> str:
        """The SHA-256 of the body as it was received.

        Not of one that was stored: PostgreSQL writes large numbers in another way.
        """
        return digest(orjson.dumps(self.body, option=orjson.OPT_SORT_KEYS))


def parse_message(value: Any) -> IncomingMessage:
    """Validate one event's envelope and data; what no column holds of it is refused.

    Characters that turn the direction of writing are refused in references, and left out of words.
    """
    if problem := find_unstorable(value, DEEPEST):
        raise InvalidMessage(problem)
    envelope = _validated(EnvelopeSchema, value)
    data = _validated(SCHEMAS[envelope["type"]], envelope["data"], within="data")
    _check_moves(envelope, data)
    return IncomingMessage(
        id=envelope["id"],
        type=envelope["type"],
        subject=_subject_of(data),
        sequence=int(envelope["sequence"]),
        data=strip_controls(data),
        body=strip_controls(value),
        part=_part_of(data),
        knows=_known_version(envelope, data),
        correlation=envelope.get("correlationid", ""),
        is_correction=envelope["correction"],
    )


def _known_version(envelope: dict[str, Any], data: dict[str, Any]) -> int | None:
    """Return what they say they know, in the envelope or in a snapshot."""
    order = data.get("order")
    known = order.get("knows") if isinstance(order, dict) else None
    return int(envelope["knows"]) if "knows" in envelope else known


def _check_moves(envelope: dict[str, Any], data: dict[str, Any]) -> None:
    """Refuse a shipment or a return of nothing; a correction may take all of one back."""
    if envelope["type"] not in MOVING or envelope["correction"]:
        return
    if not any(line["quantity"] for line in data["lines"]):
        sentence = _(
            "Every quantity of %(part)s is 0: give what one line moves at least, "
            "or send it as a correction to take all of it back.",
            part=_part_of(data),
        )
        raise InvalidMessage(sentence, {"data": {"lines": [str(sentence)]}})


def _part_of(data: dict[str, Any]) -> str:
    document = next((data[name] for name in DOCUMENTS if name in data), None)
    if isinstance(document, dict):
        number: str = document["number"]
        return number
    return next((data[name] for name in PARTS if name in data), "")


def _subject_of(data: dict[str, Any]) -> str:
    """Return what the sender calls the document: its number, alone or in a snapshot.

    A document without an order is called by its own number.
    """
    named = next((data[kind.name] for kind in REPORTED_KINDS if data.get(kind.name)), None)
    if named is None:
        return _part_of(data)
    subject: str = named["number"] if isinstance(named, dict) else named
    return subject


def _validated(
    schema: type[serializers.Serializer[Any]], value: Any, within: str = ""
) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidMessage(
            _("Each event must be an object: send it as one, with its type and data.")
        )
    try:
        validated: dict[str, Any] = _instance_of(schema).run_validation(value)
    except serializers.ValidationError as error:
        errors = {within: error.detail} if within else error.detail
        raise InvalidMessage(
            _("The event does not match its schema: mend the fields that errors names."), errors
        ) from None
    return validated


@cache
def _instance_of(schema: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """Make a schema's fields once; validating changes none of them."""
    return schema()
