"""Fields that schemas of inbound messages share."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from common.fields import LONGEST_REFERENCE
from common.serializer_fields import NumberField

MOST_DIGITS = 17
"""Of an amount or a quantity, five after the point: a thousand of them fit their columns."""


def reference(**options: Any) -> serializers.CharField:
    """Make a field for an id, number or reference; its column is ``reference_field``."""
    return serializers.CharField(max_length=LONGEST_REFERENCE, **options)


def number(**options: Any) -> NumberField:
    """Make a field for an amount or a quantity: below a million million."""
    return NumberField(max_digits=MOST_DIGITS, decimal_places=5, **options)


def quantity(**options: Any) -> NumberField:
    """Make a field for a total quantity; its column is ``quantity_field``."""
    return number(min_value=0, **options)


def reason(**options: Any) -> serializers.CharField:
    """Make a field for words that a person reads."""
    return serializers.CharField(max_length=200, **options)
