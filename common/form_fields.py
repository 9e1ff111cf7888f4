"""Form fields that every app shares: numbers and JSON that a column can hold."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any, ClassVar, NoReturn

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.numbers import has_exponent, is_written_plainly


class WrittenPlainly(forms.Field):
    """Mixin of fields that read numbers: 1_0 is none, though Python reads it as 10.

    Nor is 1e5, which nobody types who means 100 000.
    """

    def to_python(self, value: Any) -> Any:
        """Read a number."""
        if isinstance(value, str) and has_exponent(value):
            raise forms.ValidationError(
                gettext("Write all digits of the number, without an exponent: 100000, not 1e5."),
                code="invalid",
            )
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


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _refuse(text)
    return number


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


class StorableDecoder(json.JSONDecoder):
    """Reads JSON without the numbers that a database refuses: NaN, and those beyond any limit."""

    def __init__(self) -> None:
        super().__init__(parse_float=_finite, parse_constant=_refuse)


class StorableJSONField(forms.JSONField):
    """JSON that a database can hold: finite numbers, limited nesting, no NUL characters."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _(
            "Write JSON, such as “{}”: with double quotes, numbers that are not too large, "
            "few levels, and no NUL characters."
        )
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"decoder": StorableDecoder})

    def to_python(self, value: Any) -> Any:
        """Read JSON."""
        try:
            found = super().to_python(value)
            text = json.dumps(found, ensure_ascii=False)
            is_storable = bool(text.encode()) and "\\u0000" not in text
        except (ValueError, RecursionError):
            is_storable = False
        if not is_storable:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return found

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Show what was typed, also if it cannot be read."""
        try:
            return super().bound_data(data, initial)
        except (ValueError, RecursionError):
            return forms.fields.InvalidJSONInput(data)
