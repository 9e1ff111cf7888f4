"""Schemas of a supply-chain system's messages: snapshots of orders, in its words.

A field that is absent was not sent; null clears it. What has no field here is kept as received.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from common.serializer_fields import NumberTextField, WholeNumberField
from fulfilment.inbound.fields import reference


def text(longest: int = 500, **options: Any) -> serializers.CharField:
    """Make a field for words; null and an empty text clear it."""
    return serializers.CharField(
        max_length=longest, required=False, allow_null=True, allow_blank=True, **options
    )


def decimal_text(*, required: bool = False) -> NumberTextField:
    """Make a field for a number, as text of any scale."""
    return NumberTextField(max_length=40, required=required, allow_null=not required)


def day() -> serializers.CharField:
    """Make a field for a day, or a midnight that stands for one."""
    return serializers.CharField(max_length=40, required=False, allow_null=True)


def address() -> serializers.DictField:
    """Make a field for an address by its parts."""
    return serializers.DictField(
        child=serializers.CharField(max_length=200, allow_null=True, allow_blank=True),
        required=False,
        allow_null=True,
    )


class SupplyLineSchema(serializers.Serializer[Any]):
    """A line of an order: an item or a category, its prices, and how far it is."""

    id = reference(help_text="Their id of the line, which stays whatever its number is.")
    throughline_id = serializers.UUIDField(required=False, allow_null=True)
    line_number = WholeNumberField(required=False, allow_null=True)
    item = text(100)
    category = text(100)
    unit = text(100)
    description = text()
    quantity = decimal_text(required=True)
    cancelled = decimal_text()
    price = decimal_text()
    price_unit = decimal_text()
    discount = decimal_text()
    discount_percent = decimal_text()
    charge = decimal_text()
    amount = decimal_text()
    tax_rate = decimal_text()
    requested_ship_date = day()
    confirmed_ship_date = day()
    delivered = decimal_text()
    invoiced = decimal_text()
    status = text(100)


class SupplyIdentitySchema(serializers.Serializer[Any]):
    """Which order of theirs it is, the number of its last change, and what of ours they know."""

    id = reference()
    number = reference()
    throughline_id = serializers.UUIDField(required=False, allow_null=True)
    sequence = WholeNumberField(min_value=0, max_value=2**63 - 1)
    knows = WholeNumberField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=2**31 - 1,
        help_text="The latest version of ours that is applied there.",
    )
    cause = text(100, help_text="The id of our message that caused this change.")


class SupplyOrderSchema(SupplyIdentitySchema):
    """An order as they hold it, and what of ours they know."""

    company = text(100)
    currency = text(10)
    customer = text(100)
    name = text(100)
    customer_reference = text(100)
    placed_at = day()
    requested_ship_date = day()
    confirmed_ship_date = day()
    ship_to = address()
    bill_to = address()
    payment_terms = text(100)
    prices_include_tax = serializers.BooleanField(required=False, allow_null=True)
    header_discount = decimal_text()
    header_charges = decimal_text()
    on_hold = serializers.BooleanField(required=False, allow_null=True)
    cancelled = serializers.BooleanField(required=False, allow_null=True)
    processing_status = text(100)
    totals = serializers.DictField(
        child=NumberTextField(max_length=40), required=False, allow_null=True
    )
    lines = SupplyLineSchema(many=True, required=False)


class SupplyOrderChangedSchema(serializers.Serializer[Any]):
    """``supply.order.changed``: an order as it is there now, made there or here."""

    order = SupplyOrderSchema()


class SupplyDeletedOrderSchema(SupplyIdentitySchema):
    """An order that is deleted there."""

    deleted = serializers.ChoiceField(choices=[True])
    reason = text(100, help_text="Why, as a person there wrote it.")


class SupplyOrderDeletedSchema(serializers.Serializer[Any]):
    """``supply.order.deleted``: an order that is not there any more; its last message."""

    order = SupplyDeletedOrderSchema()
