"""Fields of drafts: what callers of the services may give are columns of the models."""

from __future__ import annotations

from typing import Any

import pytest

from sales.models import Invoice, InvoiceLine, Order, OrderLine, Quote, QuoteLine
from sales.services.documents.draft_fields import (
    HeadChanges,
    InvoiceFields,
    LineChanges,
    NewLineFields,
    NewOrderLineFields,
    OrderFields,
    PlacedFields,
    QuoteFields,
)


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (Quote, QuoteFields),
        (Order, PlacedFields),
        (OrderLine, NewOrderLineFields),
        (Invoice, InvoiceFields),
        *((line, fields) for line in (QuoteLine, OrderLine, InvoiceLine)
          for fields in (NewLineFields, LineChanges)),
    ],
)  # fmt: skip
def test_are_columns(model: Any, fields: Any) -> None:
    columns = {field.name for field in model._meta.concrete_fields}

    assert set(fields.__annotations__) - columns == set()


@pytest.mark.parametrize(
    ("model", "fields"),
    [(Quote, QuoteFields), (Order, OrderFields), (Invoice, InvoiceFields)],
)
def test_have_the_own_columns_of_their_kind(model: Any, fields: Any) -> None:
    assert set(model.own_columns) - set(fields.__annotations__) == set()


def test_a_change_may_name_each_of_them() -> None:
    kinds: list[Any] = [QuoteFields, OrderFields, InvoiceFields]
    known = {name for kind in kinds for name in kind.__annotations__}

    assert set(HeadChanges.__annotations__) == known | {"account", "name"}
