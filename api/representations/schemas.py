"""Schemas of resources in responses; a test compares every answer with its schema."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

from api.own_columns import OwnColumns
from api.schemas import AddressSchema, TotalsSchema
from common.serializer_fields import WholeNumberField
from crm.models import Account
from fulfilment.inbound.schemas import MoneySchema
from fulfilment.models import Shipment
from fulfilment.services.order_sync.sync_statuses import SyncStatus
from sales.models import DocumentLine, Invoice, Order, Payment, Product, Quote


class ReferenceField(serializers.UUIDField):
    """The id of another record, or the record itself where it was expanded."""

    def __init__(self, record: type[serializers.Serializer[Any]], **options: Any) -> None:
        super().__init__(**options)
        self.record = record


class ReferenceSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # its metaclass has no types
    """What a reference looks like: an id, or a record."""

    target_class = ReferenceField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """Return both, and that there may be neither."""
        record = auto_schema.resolve_serializer(self.target.record, direction).ref
        neither = [{"type": "null"}] if self.target.allow_null else []
        return {"oneOf": [{"type": "string", "format": "uuid"}, record, *neither]}


class ExternalRefSchema(serializers.Serializer[Any]):
    """What a record is called in a system of the partner."""

    system = serializers.CharField()
    id = serializers.CharField()


class ResourceAccountSchema(serializers.Serializer[Any]):
    """A company or a person that buys."""

    id = serializers.UUIDField()
    version = WholeNumberField(help_text="As in the ETag.")
    kind = serializers.ChoiceField(choices=Account.Kind.choices)
    name = serializers.CharField()
    domain = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True)
    tax_number = serializers.CharField(allow_blank=True)
    billing_address = AddressSchema()
    shipping_address = AddressSchema(help_text="Empty: goods go where the invoice goes.")
    external_refs = ExternalRefSchema(many=True)
    custom = serializers.JSONField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ContactSchema(serializers.Serializer[Any]):
    """A person at an account."""

    id = serializers.UUIDField()
    version = WholeNumberField(help_text="As in the ETag.")
    account = ReferenceField(ResourceAccountSchema)
    first_name = serializers.CharField(allow_blank=True)
    last_name = serializers.CharField()
    job_title = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True)
    custom = serializers.JSONField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class PriceListSchema(serializers.Serializer[Any]):
    """A price list, as lists have it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    currency = serializers.CharField()
    is_active = serializers.BooleanField()
    valid_from = serializers.DateField(allow_null=True)
    valid_to = serializers.DateField(allow_null=True)
    updated_at = serializers.DateTimeField()


class ProductPriceSchema(serializers.Serializer[Any]):
    """What one product costs in one unit today, before any volume discount."""

    product = serializers.UUIDField()
    sku = serializers.CharField()
    unit = serializers.UUIDField()
    unit_price = MoneySchema(allow_null=True, help_text="Null: it has no price at present.")
    price_quantity = serializers.CharField(help_text="The price is for so many units.")


class PriceListPricesSchema(PriceListSchema):
    """A price list with its prices."""

    prices = ProductPriceSchema(many=True)


class UnitSchema(serializers.Serializer[Any]):
    """A unit that a product is sold in."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class ProductSchema(serializers.Serializer[Any]):
    """Goods, a service or a bundle."""

    id = serializers.UUIDField()
    sku = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(choices=Product.Kind.choices)
    unit = UnitSchema(help_text="The unit of lines that name none.")
    decimals = WholeNumberField(help_text="How many decimals a quantity may have.")
    category = serializers.CharField(help_text="Code of its category.")
    is_active = serializers.BooleanField()
    active_from = serializers.DateField(allow_null=True)
    active_to = serializers.DateField(allow_null=True)
    custom = serializers.JSONField()
    updated_at = serializers.DateTimeField()


class ResourceLineSchema(serializers.Serializer[Any]):
    """A line of a document with its figures."""

    id = serializers.UUIDField()
    position = WholeNumberField()
    kind = serializers.ChoiceField(choices=DocumentLine.Kind.choices)
    product = serializers.UUIDField(allow_null=True)
    product_category = serializers.UUIDField(allow_null=True)
    sku = serializers.CharField(allow_blank=True)
    description = serializers.CharField()
    unit = serializers.UUIDField(allow_null=True)
    quantity = serializers.CharField()
    unit_price = MoneySchema(allow_null=True)
    price_quantity = serializers.CharField()
    price_source = serializers.ChoiceField(choices=DocumentLine.PriceSource.choices)
    volume_discount = MoneySchema()
    discount_amount = MoneySchema(allow_null=True)
    discount_percent = serializers.CharField(allow_null=True)
    discount = MoneySchema()
    net = MoneySchema()
    tax_percent = serializers.CharField(allow_null=True)
    tax = MoneySchema()
    gross = MoneySchema()
    custom = serializers.JSONField()


class ResourceOrderLineSchema(ResourceLineSchema):
    """A line of an order, and what became of it."""

    requested_on = serializers.DateField(allow_null=True)
    cancelled_quantity = serializers.CharField()
    shipped_quantity = serializers.CharField()
    delivered_quantity = serializers.CharField()
    returned_quantity = serializers.CharField()
    invoiced_quantity = serializers.CharField()


class ResourceInvoiceLineSchema(ResourceLineSchema):
    """A line of an invoice."""

    order_line = serializers.UUIDField(allow_null=True)


class HeadSchema(OwnColumns):
    """What every document has."""

    id = serializers.UUIDField()
    number = serializers.CharField(allow_null=True, help_text="Null until it is binding.")
    name = serializers.CharField()
    version = WholeNumberField(help_text="As in the ETag.")
    account = ReferenceField(ResourceAccountSchema)
    contact = ReferenceField(ContactSchema, allow_null=True)
    currency = serializers.CharField()
    price_list = serializers.UUIDField(allow_null=True)
    payment_terms = serializers.UUIDField(allow_null=True)
    prices_include_tax = serializers.BooleanField()
    customer_reference = serializers.CharField(allow_blank=True)
    notes = serializers.CharField(allow_blank=True)
    billing_address = serializers.JSONField()
    shipping_address = serializers.JSONField()
    discount_amount = MoneySchema()
    discount_percent = serializers.CharField()
    totals = TotalsSchema()
    custom = serializers.JSONField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class OrderHeadSchema(HeadSchema):
    """An order without its lines, as lists have it."""

    document = Order

    status = serializers.ChoiceField(choices=Order.Status.choices)
    fulfilment_status = serializers.ChoiceField(choices=Order.Fulfilment.choices)
    billing_status = serializers.ChoiceField(choices=Order.Billing.choices)
    processing_status = serializers.CharField(allow_blank=True)
    is_on_hold = serializers.BooleanField()
    hold_reason = serializers.CharField(allow_blank=True)
    external_id = serializers.CharField(allow_blank=True)
    confirmed_on = serializers.DateField(allow_null=True)
    submitted_at = serializers.DateTimeField(allow_null=True)
    lines = ResourceOrderLineSchema(many=True, required=False, help_text="If expanded.")


class SyncSchema(serializers.Serializer[Any]):
    """How another system holds the order."""

    connection = serializers.CharField()
    state = serializers.ChoiceField(choices=SyncStatus.choices)
    external_number = serializers.CharField(allow_blank=True)


class TraceSchema(serializers.Serializer[Any]):
    """Where the order comes from."""

    lead = serializers.UUIDField(allow_null=True)
    opportunity = serializers.UUIDField(allow_null=True)
    quote = serializers.UUIDField(allow_null=True)


class ResourceOrderSchema(OrderHeadSchema):
    """An order with its lines."""

    lines = ResourceOrderLineSchema(many=True)
    sync = SyncSchema(many=True)
    trace = TraceSchema()


class OfficialSchema(serializers.Serializer[Any]):
    """The invoice of record in the ERP."""

    number = serializers.CharField(allow_blank=True)
    status = serializers.CharField(allow_blank=True)
    issued_on = serializers.DateField(allow_null=True)
    tax = MoneySchema(allow_null=True)
    total = MoneySchema(allow_null=True)


class InvoiceHeadSchema(HeadSchema):
    """An invoice or credit note without its lines, as lists have it."""

    kind = serializers.ChoiceField(choices=Invoice.Kind.choices)
    what = serializers.ChoiceField(choices=Invoice.What.choices)
    status = serializers.ChoiceField(choices=Invoice.Status.choices)
    order = ReferenceField(OrderHeadSchema, allow_null=True)
    credits = serializers.UUIDField(allow_null=True)
    issued_on = serializers.DateField(allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    official = OfficialSchema()
    credited = MoneySchema()
    paid = MoneySchema()
    refunded = MoneySchema()
    moved_to_credit = MoneySchema()
    discounted = MoneySchema(help_text="Taken off for early payment.")
    written_off = MoneySchema()
    lines = ResourceInvoiceLineSchema(
        many=True, required=False, help_text="Where they are expanded."
    )


class ResourceInvoiceSchema(InvoiceHeadSchema):
    """An invoice or credit note with its lines."""

    lines = ResourceInvoiceLineSchema(many=True)


class ResourceShipmentLineSchema(serializers.Serializer[Any]):
    """The quantity of an order line in a shipment."""

    id = serializers.UUIDField()
    order_line = serializers.UUIDField()
    quantity = serializers.CharField()


class ResourceShipmentSchema(serializers.Serializer[Any]):
    """A shipment, or a return of one."""

    id = serializers.UUIDField()
    order = ReferenceField(OrderHeadSchema)
    direction = serializers.ChoiceField(choices=Shipment.Direction.choices)
    returns = serializers.UUIDField(allow_null=True)
    is_replaced = serializers.BooleanField()
    shipment_ref = serializers.CharField()
    status = serializers.ChoiceField(choices=Shipment.Status.choices)
    carrier = serializers.CharField(allow_blank=True)
    tracking = serializers.CharField(allow_blank=True)
    lines = ResourceShipmentLineSchema(many=True)
    shipped_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class UpdateResultSchema(serializers.Serializer[Any]):
    """What became of one update."""

    invoice = serializers.CharField(allow_null=True)
    status = WholeNumberField(help_text="HTTP status of this update.")
    code = serializers.CharField(help_text="`applied`, or why it was refused.")
    detail = serializers.CharField(required=False)
    id = serializers.UUIDField(required=False)
    version = WholeNumberField(required=False)
    errors = serializers.JSONField(required=False)  # type: ignore[assignment]  # as in problems


class UpdateResultsSchema(serializers.Serializer[Any]):
    """The results of a batch, in its order."""

    results = UpdateResultSchema(many=True)


class PaymentSchema(serializers.Serializer[Any]):
    """What settles an invoice; an amount below zero is given back."""

    id = serializers.UUIDField()
    invoice = ReferenceField(InvoiceHeadSchema)
    kind = serializers.ChoiceField(choices=Payment.Kind.choices)
    amount = MoneySchema()
    received_on = serializers.DateField()
    reference = serializers.CharField(allow_blank=True)
    method = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    corrects = serializers.UUIDField(allow_null=True)
    recorded_at = serializers.DateTimeField()


class ResourceQuoteLineSchema(ResourceLineSchema):
    """A line of a quote."""

    is_optional = serializers.BooleanField()
    is_taken = serializers.BooleanField()


class QuoteHeadSchema(HeadSchema):
    """A quote without its lines, as lists have it."""

    document = Quote

    status = serializers.ChoiceField(choices=Quote.Status.choices)
    revision = WholeNumberField()
    revises = serializers.UUIDField(allow_null=True)
    opportunity = serializers.UUIDField(allow_null=True)
    valid_from = serializers.DateField(allow_null=True)
    activated_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_reason = serializers.ChoiceField(choices=Quote.LostReason.choices, allow_blank=True)
    lines = ResourceQuoteLineSchema(many=True, required=False, help_text="If expanded.")


class ResourceQuoteSchema(QuoteHeadSchema):
    """A quote with its lines."""

    lines = ResourceQuoteLineSchema(many=True)


class StepSchema(serializers.Serializer[Any]):
    """One step: a figure, how it is worked out, and what goes into it."""

    figure = serializers.CharField()
    formula = serializers.CharField()
    values = serializers.DictField(child=serializers.CharField())
    result = serializers.CharField()
    remark = serializers.CharField(allow_blank=True)


class LineStepsSchema(serializers.Serializer[Any]):
    """The steps behind the figures of a line."""

    line = serializers.UUIDField()
    steps = StepSchema(many=True)


class ExplanationSchema(serializers.Serializer[Any]):
    """The steps behind the figures of a document."""

    currency = serializers.CharField()
    totals = StepSchema(many=True)
    lines = LineStepsSchema(many=True)
