"""Serializer fields that every app shares: numbers, written plainly."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from common.numbers import NO_EXPONENT, has_exponent, is_written_plainly


class WrittenPlainly(serializers.Field[Any, Any, Any, Any]):
    """Mixin of fields that read numbers: 1_0 is none, though Python reads it as 10.

    Nor is a text such as 1e5, of which readers think differently.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {"exponent": NO_EXPONENT}

    def to_internal_value(self, data: Any) -> Any:
        """Read a number."""
        if isinstance(data, str) and has_exponent(data):
            self.fail("exponent")
        if isinstance(data, str) and not is_written_plainly(data):
            self.fail("invalid")
        return super().to_internal_value(data)


class NumberField(WrittenPlainly, serializers.DecimalField):
    """A decimal number."""


class NumberTextField(WrittenPlainly, serializers.CharField):
    """A number that is kept as the text that was sent."""


class WholeNumberField(WrittenPlainly, serializers.IntegerField):
    """A whole number."""
