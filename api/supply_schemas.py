"""Schemas of what a supply-chain system is sent in its words: orders, and documents of ours.

They describe ``fulfilment/dialects/supply.py`` and ``fulfilment/dialects/supply_documents.py``; the
fields are those of docs/two-way-sync.md.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from common.serializer_fields import WholeNumberField
from fulfilment.inbound.fields import number, reference
from fulfilment.inbound.supply_document_schemas import SupplyTotalsSchema
from fulfilment.models import Connection
from fulfilment.routes import ROUTES
from fulfilment.services.order_sync.document_pushes import DOCUMENTS
from sales.models import SalesEvent

Event = SalesEvent.Type


def code(**options: Any) -> serializers.CharField:
    """Make a field for a code of theirs."""
    return serializers.CharField(allow_null=True, **options)


class SentIdentitySchema(serializers.Serializer[Any]):
    """Which order a document is about: our id, theirs where it is known, and its number."""

    throughline_id = serializers.UUIDField()
    id = reference(allow_null=True)
    number = reference()


class SentLineSchema(serializers.Serializer[Any]):
    """Which line of the order it is, by their id and ours; of an invoice it may be none."""

    id = reference(allow_null=True)
    throughline_id = serializers.UUIDField(allow_null=True)
    quantity = number(help_text="In the unit that they have the line in; below zero of a return.")


class SentDeliverySchema(serializers.Serializer[Any]):
    """Goods that left; all quantities are 0 once they did not leave after all."""

    number = reference()
    posted_on = serializers.DateField()
    lines = SentLineSchema(many=True)


class SentReturnSchema(SentDeliverySchema):
    """Goods that came back."""

    replace = serializers.BooleanField(help_text="Whether they are delivered once more.")


class SentBilledLineSchema(SentLineSchema):
    """A line of an invoice, with its cents."""

    description = serializers.CharField(allow_blank=True)
    amount = number(help_text="Before its share of the header discount.")
    tax_rate = number()
    tax = number()


class SentInvoiceSchema(serializers.Serializer[Any]):
    """An invoice of ours, issued."""

    number = reference()
    posted_on = serializers.DateField(allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    credits = reference(allow_null=True, help_text="The number of the invoice that is credited.")
    invoice_customer = code()
    currency = serializers.CharField()
    prices_include_tax = serializers.BooleanField()
    lines = SentBilledLineSchema(many=True)
    totals = SupplyTotalsSchema()


class SentCreditNoteSchema(SentInvoiceSchema):
    """A credit note of ours, below zero."""

    bill_again = serializers.BooleanField(help_text="Whether it is billed once more.")
    reason = serializers.CharField(allow_blank=True)


class SentDocumentSchema(serializers.Serializer[Any]):
    """One of a delivery, a return, an invoice and a credit note."""

    delivery = SentDeliverySchema(required=False)
    invoice = SentInvoiceSchema(required=False)
    credit_note = SentCreditNoteSchema(required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return its fields; the name of one is a word of Python."""
        return {**super().get_fields(), "return": SentReturnSchema(required=False)}


class SentDocumentDataSchema(SentDocumentSchema):
    """A document of ours, and which order it is about."""

    order = SentIdentitySchema()


class SentOrderLineSchema(serializers.Serializer[Any]):
    """A line of an order of ours: an item with its unit, or a category, and its figures."""

    throughline_id = serializers.UUIDField()
    id = reference(allow_null=True)
    item = code()
    category = code()
    unit = code()
    description = serializers.CharField(allow_blank=True)
    quantity = number()
    cancelled = number()
    price = number()
    price_unit = number()
    discount = number()
    discount_percent = number()
    charge = number()
    tax_rate = number(required=False)
    requested_ship_date = serializers.DateField(allow_null=True)


class SentOrderSchema(SentIdentitySchema):
    """An order of ours as it is here, and what of theirs is applied."""

    version = WholeNumberField()
    knows = WholeNumberField()
    company = code()
    currency = serializers.CharField()
    customer = code()
    prices_include_tax = serializers.BooleanField()
    placed_at = serializers.DateTimeField(allow_null=True)
    bill_to = serializers.DictField(child=serializers.CharField(allow_blank=True))
    name = serializers.CharField()
    header_discount = number()
    header_charges = number()
    cancelled = serializers.BooleanField()
    on_hold = serializers.BooleanField()
    ship_to = serializers.DictField(child=serializers.CharField(), allow_null=True)
    requested_ship_date = serializers.DateField(allow_null=True)
    customer_reference = serializers.CharField(allow_blank=True)
    payment_terms = code()
    lines = SentOrderLineSchema(many=True)


class SentOrderDataSchema(serializers.Serializer[Any]):
    """An order, and the fields that this message changes."""

    order = SentOrderSchema()
    changes = serializers.ListField(child=serializers.CharField())
    changed = serializers.ListField(child=serializers.CharField(), required=False)
    reason = serializers.CharField(required=False, allow_blank=True)
    invoice = serializers.CharField(required=False, help_text="The number of one of ours.")
    processing_status = serializers.CharField(required=False)


class SentAgainDataSchema(SentOrderDataSchema):
    """An order that is sent again, with all documents of ours."""

    sent_to = serializers.CharField()
    documents = SentDocumentSchema(many=True)


def supply_schemas() -> dict[str, type[serializers.Serializer[Any]]]:
    """Return the schema of the data of every event that a supply-chain system is sent."""
    documents = dict.fromkeys(map(str, DOCUMENTS), SentDocumentDataSchema)
    orders = {str(name): SentOrderDataSchema for name in ROUTES if name.startswith("order.")}
    return {**orders, **documents, str(Event.ORDER_SENT_AGAIN): SentAgainDataSchema}


KIND = Connection.Kind.SUPPLY
"""The kind of connection that is sent these."""
