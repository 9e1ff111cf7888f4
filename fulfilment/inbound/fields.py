"""Fields that schemas of inbound messages share."""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from common.days import DAY, is_moment
from common.fields import LONGEST_REFERENCE
from common.serializer_fields import NumberField

MOST_DIGITS = 17
"""Of an amount or a quantity, five after the point: a thousand of them fit their columns."""


INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Categories of Unicode: controls, marks of formatting and direction, breaks of lines."""

SEQUENCE = "^0?[0-8]?[0-9]{1,18}$"
"""What the columns of sequences hold: below 9 · 10¹⁸, padded with zeros to at most 20 digits."""


class CapitalsField(serializers.RegexField):
    """A code that means the same in other capitals; it is kept in capitals."""

    def to_internal_value(self, data: Any) -> str:
        """Read a code."""
        return super().to_internal_value(data).upper()


class ReferenceField(serializers.CharField):
    """An id, number or reference in one line, of characters that can be seen."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invisible": _(
            "It has a line break, or another character that cannot be seen: "
            "write only what people read."
        )
    }

    def to_internal_value(self, data: Any) -> str:
        """Read a reference; spaces around it are left out."""
        if isinstance(data, str) and has_invisible(data):
            self.fail("invisible")
        return super().to_internal_value(data)


class DayField(serializers.DateField):
    """A day, with its month and year in full: 2026-11-30."""

    def to_internal_value(self, value: Any) -> dt.date:
        """Read a day; Python reads weeks and other digits too."""
        if not isinstance(value, str) or not DAY.fullmatch(value):
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(value)


class MomentField(serializers.DateTimeField):
    """A moment as RFC 3339 writes it: 2026-11-30T09:30:00Z."""

    def to_internal_value(self, value: Any) -> dt.datetime:
        """Read a moment; Python reads weeks and other digits too."""
        if not isinstance(value, str) or not is_moment(value):
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ssZ")
        return super().to_internal_value(value)


def has_invisible(text: str) -> bool:
    """Whether a text has a control character, a line break or a mark that turns the direction."""
    return any(unicodedata.category(each) in INVISIBLE for each in text)


def reference(**options: Any) -> ReferenceField:
    """Make a field for an id, number or reference; its column is ``reference_field``."""
    return ReferenceField(max_length=LONGEST_REFERENCE, **options)


def number(**options: Any) -> NumberField:
    """Make a field for an amount or a quantity: below a million million."""
    return NumberField(max_digits=MOST_DIGITS, decimal_places=5, **options)


def quantity(**options: Any) -> NumberField:
    """Make a field for a total quantity; its column is ``quantity_field``."""
    return number(min_value=0, **options)


def place(**options: Any) -> serializers.RegexField:
    """Make a field for a place in the order of a source, as its digits."""
    wrong = _("Write a whole number below 9000000000000000000, of at most 20 digits.")
    return serializers.RegexField(SEQUENCE, error_messages={"invalid": wrong}, **options)


def reason(**options: Any) -> serializers.CharField:
    """Make a field for words that a person reads."""
    return serializers.CharField(max_length=200, **options)
