"""The shape of messages that leave, as other systems may rely on it.

The builders in ``payloads`` make them; the tests hold each against the other.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from fulfilment.inbound.schemas import MoneyShape
from fulfilment.routes import ROUTES
from sales.models import DocumentLine, Invoice, Order, Quote


def count_of_units() -> serializers.DecimalField:
    """Describe a quantity: a decimal as text, up to five decimals."""
    return serializers.DecimalField(max_digits=20, decimal_places=5)


class PartyShape(serializers.Serializer[Any]):
    """Whose document it is."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class AddressShape(serializers.Serializer[Any]):
    """Where goods or bills go; parts that are not known are empty."""

    street = serializers.CharField(allow_blank=True)
    postal_code = serializers.CharField(allow_blank=True)
    city = serializers.CharField(allow_blank=True)
    country = serializers.CharField(allow_blank=True, help_text="ISO 3166 code.")


class TotalsShape(serializers.Serializer[Any]):
    """total = pre_freight + freight + tax; pre_freight = detail - discount."""

    detail = MoneyShape()
    discount = MoneyShape()
    pre_freight = MoneyShape()
    freight = MoneyShape()
    tax = MoneyShape()
    total = MoneyShape()


class LineShape(serializers.Serializer[Any]):
    """A line of a quote; ``net`` is before the header discount."""

    id = serializers.UUIDField()
    position = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=DocumentLine.Kind.values)
    sku = serializers.CharField(allow_blank=True)
    description = serializers.CharField()
    quantity = count_of_units()
    unit = serializers.CharField(allow_blank=True)
    unit_price = MoneyShape()
    discount = MoneyShape()
    net = MoneyShape()
    tax = MoneyShape()
    gross = MoneyShape()


class OrderLineShape(LineShape):
    """A line of an order; ``quantity`` is what is still wanted."""

    cancelled = count_of_units()
    requested_on = serializers.DateField(allow_null=True)


class InvoiceLineShape(serializers.Serializer[Any]):
    """A line of an invoice; ``tax_rate`` is a fraction."""

    id = serializers.UUIDField()
    order_line = serializers.UUIDField(allow_null=True)
    position = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=DocumentLine.Kind.values)
    sku = serializers.CharField(allow_blank=True)
    description = serializers.CharField()
    quantity = count_of_units()
    net = MoneyShape()
    tax_rate = serializers.DecimalField(max_digits=9, decimal_places=6)
    tax = MoneyShape()
    gross = MoneyShape()


class HeadShape(serializers.Serializer[Any]):
    """What every document says of itself."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    currency = serializers.RegexField(r"^[A-Z]{3}$")
    account = PartyShape()
    totals = TotalsShape()
    custom = serializers.DictField()


class OrderShape(HeadShape):
    """An order as it stood when the event happened."""

    status = serializers.ChoiceField(choices=Order.Status.values)
    is_on_hold = serializers.BooleanField()
    customer_reference = serializers.CharField(allow_blank=True)
    ship_to = AddressShape()
    requested_on = serializers.DateField(allow_null=True)
    lines = OrderLineShape(many=True)


class OrderNameShape(serializers.Serializer[Any]):
    """Which order an invoice bills."""

    id = serializers.UUIDField()
    number = serializers.CharField()


class InstalmentShape(serializers.Serializer[Any]):
    """A part of an invoice that is due on its own day."""

    due_on = serializers.DateField()
    amount = MoneyShape()


class EarlyPaymentShape(serializers.Serializer[Any]):
    """What may be kept by who pays all of it by a day; ``rate`` is a fraction."""

    rate = serializers.DecimalField(max_digits=9, decimal_places=6)
    until = serializers.DateField()
    discount = MoneyShape()


class InvoiceShape(HeadShape):
    """An issued invoice or credit note."""

    kind = serializers.ChoiceField(choices=Invoice.Kind.values)
    status = serializers.ChoiceField(choices=Invoice.Status.values)
    order = OrderNameShape(allow_null=True)
    credits = serializers.UUIDField(allow_null=True, help_text="The invoice a credit note is for.")
    customer_reference = serializers.CharField(allow_blank=True)
    bill_to = AddressShape()
    issued_on = serializers.DateField(allow_null=True)
    due_on = serializers.DateField(allow_null=True, help_text="The day of the last instalment.")
    instalments = InstalmentShape(
        many=True, help_text="The oldest first; one where nothing splits the total."
    )
    lines = InvoiceLineShape(many=True)
    early_payment = EarlyPaymentShape(allow_null=True)
    paid = MoneyShape()
    discounted = MoneyShape(help_text="Kept for paying early: settled, though no money came.")


class QuoteShape(HeadShape):
    """A quote as it stood when the event happened."""

    revision = serializers.IntegerField()
    status = serializers.ChoiceField(choices=Quote.Status.values)
    valid_until = serializers.DateField(allow_null=True)
    lines = LineShape(many=True)


DOCUMENTS: dict[str, type[HeadShape]] = {
    "order": OrderShape,
    "invoice": InvoiceShape,
    "quote": QuoteShape,
}


def document_of(event_type: str) -> str:
    """Name the document whose snapshot an event carries."""
    name = event_type.partition(".")[0]
    return "order" if name == "shipment" else name


def outgoing_shapes() -> dict[str, type[HeadShape]]:
    """Name the shape of the snapshot in every event that leaves."""
    return {str(name): DOCUMENTS[document_of(str(name))] for name in ROUTES}
