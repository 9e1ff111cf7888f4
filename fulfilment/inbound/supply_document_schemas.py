"""Schemas of a supply-chain system's documents: what left, what came back, and what is billed.

Quantities and amounts of what goes back are below zero. What has no field here is kept as received.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from fulfilment.inbound.fields import CapitalsField, DayField, number, reference
from fulfilment.inbound.supply_schemas import (
    SupplyIdentitySchema,
    SupplyOrderChangedSchema,
    SupplyOrderDeletedSchema,
    text,
)


class SupplyGoodsLineSchema(serializers.Serializer[Any]):
    """How much of a line of the order left, or came back, with this document."""

    id = reference(help_text="Their id of the line of the order.")
    throughline_id = serializers.UUIDField(required=False, allow_null=True)
    unit = text(100, help_text="What the quantity is in; without, the unit of the line.")
    quantity = number()


class SupplyDocumentSchema(serializers.Serializer[Any]):
    """A document of theirs: its number, which it keeps, and its day."""

    number = reference()
    posted_on = DayField()


class SupplyDeliverySchema(SupplyDocumentSchema):
    """Goods that left together."""

    lines = SupplyGoodsLineSchema(many=True, allow_empty=False)


class SupplyReturnSchema(SupplyDocumentSchema):
    """Goods that came back together."""

    replace = serializers.BooleanField(
        default=False, help_text="Whether they are delivered once more."
    )
    reason = text(200)
    lines = SupplyGoodsLineSchema(many=True, allow_empty=False)


class SupplyBilledLineSchema(SupplyGoodsLineSchema):
    """How much of a line of the order is billed or credited, and at which figures."""

    amount = number(help_text="Before its share of the header discount.")
    tax_rate = number(min_value=0, help_text="A fraction: 0.19 is 19 %.")
    tax = number()
    invoiced = number(
        required=False,
        help_text="What is invoiced of the line so far; an earlier invoice is awaited.",
    )
    credited = number(required=False, help_text="What is credited of the line so far.")


class SupplyTotalsSchema(serializers.Serializer[Any]):
    """The foot of an invoice; where prices include tax, it is in ``lines``."""

    lines = number()
    discount = number()
    charges = number()
    tax = number()
    total = number()


class SupplyInvoiceSchema(SupplyDocumentSchema):
    """An invoice as they have issued it."""

    due_on = DayField(required=False, allow_null=True, default=None)
    currency = CapitalsField(r"^[A-Za-z]{3}$")
    prices_include_tax = serializers.BooleanField(default=False)
    lines = SupplyBilledLineSchema(many=True, allow_empty=False)
    totals = SupplyTotalsSchema()


class SupplyCreditNoteSchema(SupplyInvoiceSchema):
    """A credit note as they have issued it, below zero."""

    credits = reference(help_text="The number of the invoice that it credits.")
    bill_again = serializers.BooleanField(
        default=False, help_text="Whether what is credited is billed once more."
    )
    reason = text(200)


class SupplyInvoicePostedSchema(serializers.Serializer[Any]):
    """``supply.invoice.posted``: an order was billed there; without an order it waits here."""

    order = SupplyIdentitySchema(allow_null=True, default=None)
    invoice = SupplyInvoiceSchema()


class SupplyCreditNotePostedSchema(serializers.Serializer[Any]):
    """``supply.credit_note.posted``: an invoice of theirs was credited there, in all or in part."""

    order = SupplyIdentitySchema(allow_null=True, default=None)
    credit_note = SupplyCreditNoteSchema()


class SupplyDeliveryPostedSchema(serializers.Serializer[Any]):
    """``supply.delivery.posted``: goods of an order left."""

    order = SupplyIdentitySchema()
    delivery = SupplyDeliverySchema()


class SupplyReturnPostedSchema(serializers.Serializer[Any]):
    """``supply.return.posted``: goods of an order came back."""

    order = SupplyIdentitySchema()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return its fields; the name of one is a word of Python."""
        return {**super().get_fields(), "return": SupplyReturnSchema()}


SUPPLY_SCHEMAS: dict[str, type[serializers.Serializer[Any]]] = {
    "supply.order.changed": SupplyOrderChangedSchema,
    "supply.order.deleted": SupplyOrderDeletedSchema,
    "supply.delivery.posted": SupplyDeliveryPostedSchema,
    "supply.return.posted": SupplyReturnPostedSchema,
    "supply.invoice.posted": SupplyInvoicePostedSchema,
    "supply.credit_note.posted": SupplyCreditNotePostedSchema,
}
"""Every type that a supply-chain system reports, with the schema of its ``data``."""
