"""Form fields that every app shares: numbers that a column can hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from common.numbers import is_written_plainly


class WrittenPlainly(forms.Field):
    """Mixin of fields that read numbers: 1_0 is none, though Python reads it as 10."""

    def to_python(self, value: Any) -> Any:
        """Read a number."""
        if isinstance(value, str) and not is_written_plainly(value):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class NumberField(WrittenPlainly, forms.DecimalField):
    """A number: what is none, such as NaN, is refused before anything compares with it.

    A signalling NaN cannot be compared at all, and forms compare to see what was changed.
    """

    def to_python(self, value: Any) -> Any:
        """Read a number."""
        number: Decimal | None = super().to_python(value)
        if number is not None and not number.is_finite():
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return number


class WholeNumberField(WrittenPlainly, forms.IntegerField):
    """A whole number."""
