"""Lists of lines with quantities in requests: shipped, returned, invoiced or credited."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.utils.translation import gettext
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from api.inputs import IdField, Input, quantity

MOST_LINES: Final = 500


class OrderLineInput(Input):
    """How much of an order line."""

    order_line = IdField()
    quantity = quantity()


class OnceField(serializers.ListField):
    """Lines of a document, each named once in ``order_line``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MOST_LINES, allow_empty=False, **options)

    def to_internal_value(self, data: Any) -> Any:
        """Return the lines; one that is named again is refused at its place."""
        items = super().to_internal_value(data)
        known: set[uuid.UUID] = set()
        errors: list[dict[str, Any]] = []
        for item in items:
            errors.append({"order_line": [_repeated()]} if item["order_line"] in known else {})
            known.add(item["order_line"])
        if any(errors):
            raise ValidationError(errors)
        return items


class QuantitiesField(OnceField):
    """Quantities by order line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=OrderLineInput(), **options)

    def to_internal_value(self, data: Any) -> Any:
        """Return the quantities."""
        return {item["order_line"]: item["quantity"] for item in super().to_internal_value(data)}


def _repeated() -> ErrorDetail:
    return ErrorDetail(gettext("The line is named before."), "repeated")
