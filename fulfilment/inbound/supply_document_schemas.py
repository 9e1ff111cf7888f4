"""Schemas of a supply-chain system's documents: what left, what came back, and what is billed.

Quantities and amounts of what goes back are below zero. What has no field here is kept as received.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from common.serializer_fields import NumberField
from fulfilment.inbound.fields import reference
from fulfilment.inbound.supply_schemas import SupplyIdentitySchema, text


def number(**options: Any) -> NumberField:
    """Make a field for a quantity or an amount, as text; its sign says which way it goes."""
    return NumberField(max_digits=20, decimal_places=5, **options)


class SupplyGoodsLineSchema(serializers.Serializer[Any]):
    """How much of a line of the order left, or came back, with this document."""

    id = reference(help_text="Their id of the line of the order.")
    throughline_id = serializers.UUIDField(required=False, allow_null=True)
    quantity = number()


class SupplyDocumentSchema(serializers.Serializer[Any]):
    """A document of theirs: its number, which it keeps, and its day."""

    number = reference()
    posted_on = serializers.DateField()


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
