"""Form fields that every app shares: numbers and JSON that a column can hold."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any, ClassVar, NoReturn

from django import forms
from django.utils.translation import gettext_lazy as _

from common.json_reading import KeyTwice, each_once, find_unstorable
from common.numbers import NO_EXPONENT, has_exponent, is_written_plainly

DEEPEST = 32
"""How many objects and lists may stand in each other in JSON that a person writes."""


class WrittenPlainly(forms.Field):
    """Mixin of fields that read numbers: 1_0 is none, though Python reads it as 10.

    Nor is 1e5, which nobody types who means 100 000.
    """

    def to_python(self, value: Any) -> Any:
        """Read a number."""
        if isinstance(value, str) and has_exponent(value):
            raise forms.ValidationError(NO_EXPONENT, code="invalid")
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
    """Reads JSON of one meaning that a database takes: no key twice, no NaN, no endless numbers."""

    def __init__(self) -> None:
        super().__init__(parse_float=_finite, parse_constant=_refuse, object_pairs_hook=each_once)


class StorableJSONField(forms.JSONField):
    """JSON that a database can hold: finite numbers, limited nesting, no NUL characters."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _(
            "Write JSON, such as “{}”: with double quotes, numbers that are not too large, "
            "few levels, and no NUL characters."
        ),
        "key_twice": _("“%(key)s” stands twice in one object: write each key once."),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"decoder": StorableDecoder})

    def to_python(self, value: Any) -> Any:
        """Read JSON."""
        try:
            found = super().to_python(value)
            is_storable = find_unstorable(found, DEEPEST) is None
        except KeyTwice as error:
            raise forms.ValidationError(
                self.error_messages["key_twice"], code="key_twice", params={"key": str(error)[:100]}
            ) from error
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
