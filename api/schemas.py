"""Schemas of outgoing messages, which other systems may rely on.

``fulfilment.payloads`` builds the messages; a test validates each against its schema.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from fulfilment.inbound.schemas import MoneySchema
from fulfilment.routes import ROUTES
from sales.models import DocumentLine, Invoice, Order, Quote


def quantity_field() -> serializers.DecimalField:
    """Return the field of a quantity: a decimal as text, with up to five decimals."""
    return serializers.DecimalField(max_digits=20, decimal_places=5)


class AccountSchema(serializers.Serializer[Any]):
    """The account of a document."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class AddressSchema(serializers.Serializer[Any]):
    """A shipping or billing address; parts that are not known are empty."""

    street = serializers.CharField(allow_blank=True)
    postal_code = serializers.CharField(allow_blank=True)
    city = serializers.CharField(allow_blank=True)
    country = serializers.CharField(allow_blank=True, help_text="ISO 3166 code.")


class TotalsSchema(serializers.Serializer[Any]):
    """total = pre_freight + freight + tax; pre_freight = detail - discount."""

    detail = MoneySchema()
    discount = MoneySchema()
    pre_freight = MoneySchema()
    freight = MoneySchema()
    tax = MoneySchema()
    total = MoneySchema()


class QuoteLineSchema(serializers.Serializer[Any]):
    """A line of a quote; ``net`` is before the header discount."""

    id = serializers.UUIDField()
    position = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=DocumentLine.Kind.values)
    sku = serializers.CharField(allow_blank=True)
    description = serializers.CharField()
    quantity = quantity_field()
    unit = serializers.CharField(allow_blank=True)
    unit_price = MoneySchema()
    discount = MoneySchema()
    net = MoneySchema()
    tax = MoneySchema()
    gross = MoneySchema()


class OrderLineSchema(QuoteLineSchema):
    """A line of an order; ``quantity`` is what was ordered less what was cancelled."""

    cancelled = quantity_field()
    requested_on = serializers.DateField(allow_null=True)


class InvoiceLineSchema(serializers.Serializer[Any]):
    """A line of an invoice; ``tax_rate`` is a fraction."""

    id = serializers.UUIDField()
    order_line = serializers.UUIDField(allow_null=True)
    position = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=DocumentLine.Kind.values)
    sku = serializers.CharField(allow_blank=True)
    description = serializers.CharField()
    quantity = quantity_field()
    net = MoneySchema()
    tax_rate = serializers.DecimalField(max_digits=9, decimal_places=6)
    tax = MoneySchema()
    gross = MoneySchema()


class DocumentSchema(serializers.Serializer[Any]):
    """The fields that every document has."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    currency = serializers.RegexField(r"^[A-Z]{3}$")
    account = AccountSchema()
    totals = TotalsSchema()
    custom = serializers.DictField()


class OrderSchema(DocumentSchema):
    """An order as it stood when the event happened."""

    status = serializers.ChoiceField(choices=Order.Status.values)
    is_on_hold = serializers.BooleanField()
    customer_reference = serializers.CharField(allow_blank=True)
    ship_to = AddressSchema()
    requested_on = serializers.DateField(allow_null=True)
    lines = OrderLineSchema(many=True)


class OrderReferenceSchema(serializers.Serializer[Any]):
    """The order that an invoice bills."""

    id = serializers.UUIDField()
    number = serializers.CharField()


class InstalmentSchema(serializers.Serializer[Any]):
    """A part of an invoice with its own due date."""

    due_on = serializers.DateField()
    amount = MoneySchema()


class EarlyPaymentSchema(serializers.Serializer[Any]):
    """The discount for paying in full by a date; ``rate`` is a fraction."""

    rate = serializers.DecimalField(max_digits=9, decimal_places=6)
    until = serializers.DateField()
    discount = MoneySchema()


class InvoiceSchema(DocumentSchema):
    """An issued invoice or credit note."""

    kind = serializers.ChoiceField(choices=Invoice.Kind.values)
    status = serializers.ChoiceField(choices=Invoice.Status.values)
    order = OrderReferenceSchema(allow_null=True)
    credits = serializers.UUIDField(allow_null=True, help_text="The invoice a credit note is for.")
    customer_reference = serializers.CharField(allow_blank=True)
    bill_to = AddressSchema()
    issued_on = serializers.DateField(allow_null=True)
    due_on = serializers.DateField(allow_null=True, help_text="Due date of the last instalment.")
    instalments = InstalmentSchema(
        many=True, help_text="Ordered by due date; a single one if the total is not split."
    )
    lines = InvoiceLineSchema(many=True)
    early_payment = EarlyPaymentSchema(allow_null=True)
    paid = MoneySchema(help_text="What came in, from the customer or from their credit.")
    refunded = MoneySchema(help_text="What of it went back to the customer.")
    moved_to_credit = MoneySchema(help_text="What of it was too much and is customer credit now.")
    written_off = MoneySchema(help_text="What will not be paid: settled without a payment.")
    discounted = MoneySchema(help_text="Early-payment discount taken: settled without a payment.")


class QuoteSchema(DocumentSchema):
    """A quote as it stood when the event happened."""

    revision = serializers.IntegerField()
    status = serializers.ChoiceField(choices=Quote.Status.values)
    valid_until = serializers.DateField(allow_null=True)
    lines = QuoteLineSchema(many=True)


DOCUMENTS: dict[str, type[DocumentSchema]] = {
    "order": OrderSchema,
    "invoice": InvoiceSchema,
    "quote": QuoteSchema,
}


def document_of(event_type: str) -> str:
    """Return the kind of document whose snapshot an event carries."""
    name = event_type.partition(".")[0]
    return "order" if name == "shipment" else name


def outgoing_schemas() -> dict[str, type[DocumentSchema]]:
    """Return the schema of the snapshot in every outgoing event."""
    return {str(name): DOCUMENTS[document_of(str(name))] for name in ROUTES}
