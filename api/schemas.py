"""Schemas of outgoing messages, which other systems may rely on.

``fulfilment.payloads`` builds the messages; a test validates each against its schema.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.own_columns import OwnColumns
from common.serializer_fields import NumberField, WholeNumberField
from fulfilment.cloudevents import TYPE_PREFIX
from fulfilment.inbound.schemas import MoneySchema
from fulfilment.models import Shipment
from fulfilment.routes import ROUTES
from sales.models import DocumentLine, Invoice, Order, Quote, SalesEvent


def quantity_field(**options: Any) -> NumberField:
    """Return the field of a quantity: a decimal as text, with up to five decimals."""
    return NumberField(max_digits=20, decimal_places=5, **options)


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


class LineSchema(serializers.Serializer[Any]):
    """A line of a document.

    net = round(quantity × unit_price ÷ price_quantity) − discount + charge − included_tax, half a
    smallest unit rounded up. Where prices include tax, so do unit_price, discount and charge.
    """

    id = serializers.UUIDField()
    position = WholeNumberField()
    kind = serializers.ChoiceField(choices=DocumentLine.Kind.values)
    sku = serializers.CharField(allow_blank=True)
    description = serializers.CharField()
    category = serializers.CharField(
        allow_blank=True, help_text="The code of its product category, which a write-in has."
    )
    quantity = quantity_field()
    unit = serializers.CharField(allow_blank=True)
    unit_price = MoneySchema(
        help_text="The price of ``price_quantity`` units, after the volume discount."
    )
    price_quantity = quantity_field(help_text="How many units the price is for: 1, or 100.")
    discount = MoneySchema(help_text="Off the whole line, promotions included.")
    charge = MoneySchema(help_text="What the line comes to beyond quantity and price.")
    included_tax = MoneySchema(help_text="The tax in it, 0 unless the prices include tax.")
    net = MoneySchema(help_text="Before tax, and before the discount of the head.")
    header_discount = MoneySchema(help_text="The line's share of the discount of the head.")
    tax_rate = NumberField(max_digits=9, decimal_places=6, help_text="A fraction.")
    tax = MoneySchema(help_text="On net less header_discount.")
    gross = MoneySchema(help_text="net + tax.")


class OrderLineSchema(LineSchema):
    """A line of an order; ``quantity`` is what was ordered less what was cancelled.

    Its amounts are of what was ordered: those of quantity + cancelled.
    """

    cancelled = quantity_field()
    requested_on = serializers.DateField(allow_null=True)


class InvoiceLineSchema(LineSchema):
    """A line of an invoice or credit note."""

    order_line = serializers.UUIDField(allow_null=True)


class DocumentSchema(OwnColumns):
    """The fields that every document has."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    name = serializers.CharField()
    version = WholeNumberField()
    currency = serializers.RegexField(r"^[A-Z]{3}$")
    prices_include_tax = serializers.BooleanField(
        help_text="Whether unit_price, discount and charge of the lines include tax."
    )
    account = AccountSchema()
    totals = TotalsSchema()
    custom = serializers.DictField()


class OrderSchema(DocumentSchema):
    """An order as it stood when the event happened."""

    document = Order

    status = serializers.ChoiceField(choices=Order.Status.values)
    is_on_hold = serializers.BooleanField()
    customer_reference = serializers.CharField(allow_blank=True)
    ship_to = AddressSchema()
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

    rate = NumberField(max_digits=9, decimal_places=6)
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

    document = Quote

    revision = WholeNumberField()
    status = serializers.ChoiceField(choices=Quote.Status.values)
    lines = LineSchema(many=True)


DOCUMENTS: dict[str, type[DocumentSchema]] = {
    "order": OrderSchema,
    "invoice": InvoiceSchema,
    "quote": QuoteSchema,
}


class AcceptedQuoteSchema(serializers.Serializer[Any]):
    """The order that an accepted quote became."""

    order = serializers.UUIDField()


class ReasonSchema(serializers.Serializer[Any]):
    """Why somebody did it, in their words."""

    reason = serializers.CharField(allow_blank=True)


class ChangedSchema(ReasonSchema):
    """Which fields a change order changed, of the head and of lines."""

    changed = serializers.ListField(child=serializers.CharField())


class ProgressedSchema(serializers.Serializer[Any]):
    """What took the order further: an invoice, or the status that the warehouse reported."""

    invoice = serializers.CharField(required=False, help_text="The number of the invoice.")
    processing_status = serializers.CharField(required=False)


class ShippedQuantitySchema(serializers.Serializer[Any]):
    """The quantity of an order line in a shipment."""

    order_line = serializers.UUIDField()
    quantity = quantity_field()


class ShipmentSchema(serializers.Serializer[Any]):
    """A shipment, or a return, as it stood when the event happened."""

    id = serializers.UUIDField()
    reference = serializers.CharField()
    direction = serializers.ChoiceField(choices=Shipment.Direction.values)
    status = serializers.ChoiceField(choices=Shipment.Status.values)
    carrier = serializers.CharField(allow_blank=True)
    tracking = serializers.CharField(allow_blank=True)
    is_replaced = serializers.BooleanField(help_text="Whether returned goods are shipped again.")
    lines = ShippedQuantitySchema(many=True)


class RecordedShipmentSchema(serializers.Serializer[Any]):
    """The shipment or return that was recorded."""

    shipment = ShipmentSchema()


class SentAgainSchema(serializers.Serializer[Any]):
    """The one connection that is sent it."""

    sent_to = serializers.CharField(help_text="The code of the connection.")


class CreditedSchema(serializers.Serializer[Any]):
    """The credit note, which is sent as an issued invoice of its own."""

    credit_note = serializers.CharField(help_text="The number of the credit note.")


class PaymentSchema(serializers.Serializer[Any]):
    """The entry in the payments of the invoice."""

    payment = serializers.UUIDField()


_Type = SalesEvent.Type

OWN_DATA: dict[str, type[serializers.Serializer[Any]]] = {
    _Type.QUOTE_ACCEPTED: AcceptedQuoteSchema,
    _Type.ORDER_CHANGED: ChangedSchema,
    _Type.ORDER_HELD: ReasonSchema,
    _Type.ORDER_SENT_AGAIN: SentAgainSchema,
    _Type.ORDER_CANCELLED: ReasonSchema,
    _Type.ORDER_PROGRESSED: ProgressedSchema,
    _Type.SHIPMENT_RECORDED: RecordedShipmentSchema,
    _Type.INVOICE_CREDITED: CreditedSchema,
    **dict.fromkeys(
        (
            *(_Type.INVOICE_PAID, _Type.INVOICE_PAYMENT_CORRECTED, _Type.INVOICE_PAID_FROM_CREDIT),
            *(_Type.INVOICE_MOVED_TO_CREDIT, _Type.INVOICE_REFUNDED, _Type.INVOICE_WRITTEN_OFF),
        ),
        PaymentSchema,
    ),
}
"""What an event says beside the snapshot of its document."""


class OutgoingEnvelopeSchema(serializers.Serializer[Any]):
    """The attributes of every event that is sent."""

    specversion = serializers.ChoiceField(choices=["1.0"])
    id = serializers.CharField(help_text="As the webhook-id header; the same on every attempt.")
    source = serializers.CharField(help_text="The document: `/orders/{id}`.")  # type: ignore[assignment]  # the standard's name
    subject = serializers.CharField(help_text="Our number of the document.")
    time = serializers.DateTimeField()
    timestamp = serializers.DateTimeField(help_text="As time, for Standard Webhooks.")
    datacontenttype = serializers.CharField()
    sequence = serializers.RegexField(
        r"^[0-9]{20}$", help_text="The document's version, padded with zeros."
    )
    correlationid = serializers.CharField(required=False, help_text="As in what led to it.")
    causationid = serializers.CharField(required=False, help_text="The id of what caused it.")


def document_of(event_type: str) -> str:
    """Return the kind of document whose snapshot an event carries."""
    name = event_type.partition(".")[0]
    return "order" if name == "shipment" else name


def outgoing_schemas() -> dict[str, type[serializers.Serializer[Any]]]:
    """Return the schema of the data of every outgoing event: the snapshot, and what is its own."""
    return {str(name): _data_schema(str(name)) for name in ROUTES}


def outgoing_event_schemas() -> dict[str, type[serializers.Serializer[Any]]]:
    """Return the schema of every whole message that is sent, by its type."""
    return {
        TYPE_PREFIX + name: type(
            f"Sent{_words(name)}",
            (OutgoingEnvelopeSchema,),
            {
                "__doc__": str(SalesEvent.Type(name).label),
                "type": serializers.ChoiceField(choices=[TYPE_PREFIX + name]),
                "data": data(),
            },
        )
        for name, data in outgoing_schemas().items()
    }


def _data_schema(name: str) -> type[serializers.Serializer[Any]]:
    document, own = document_of(name), OWN_DATA.get(name, serializers.Serializer)
    members = {"__doc__": own.__doc__ if name in OWN_DATA else "", document: DOCUMENTS[document]()}
    return type(f"{_words(name)}DataSchema", (own,), members)


def _words(name: str) -> str:
    return "".join(word.title() for word in name.replace(".", "_").split("_"))
