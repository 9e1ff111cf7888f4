"""Numbers of inbound messages: every amount and quantity is written with all its digits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework import serializers

from common.serializer_fields import WrittenPlainly
from fulfilment.inbound.schemas import SCHEMAS

Field = serializers.Field[Any, Any, Any, Any]
NUMBERS = {
    *("amount", "quantity", "price", "price_unit", "discount", "discount_percent", "charge"),
    *("charges", "tax_rate", "delivered", "invoiced", "credited", "total"),
    *("header_discount", "header_charges"),
}


def fields_of(field: Field | None, name: str) -> Iterator[tuple[str, Field]]:
    """Every field within one, by its path."""
    if isinstance(field, serializers.Serializer):
        for inner, each in field.fields.items():
            yield from fields_of(each, f"{name}/{inner}")
    elif isinstance(field, serializers.ListSerializer | serializers.DictField):
        yield from fields_of(field.child, f"{name}/*")
    elif field is not None:
        yield name, field


EVERY = [found for name in sorted(SCHEMAS) for found in fields_of(SCHEMAS[name](), name)]
NUMERIC = [pytest.param(each, id=path) for path, each in EVERY if isinstance(each, WrittenPlainly)]


def test_every_number_is_read_as_one() -> None:
    texts = [
        path
        for path, each in EVERY
        if (path.rsplit("/")[-1] in NUMBERS or path.endswith("totals/*"))
        and not isinstance(each, WrittenPlainly)
    ]

    assert texts == []


@pytest.mark.parametrize("field", NUMERIC)
@pytest.mark.parametrize("sent", ["1e3", "1E+3"])
def test_a_number_with_an_exponent_is_refused_in_words(field: Field, sent: str) -> None:
    with pytest.raises(serializers.ValidationError, match="without an exponent"):
        field.run_validation(sent)
