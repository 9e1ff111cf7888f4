"""Content hash of a quote: a SHA-256 of all that is offered, which approvals are bound to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal

from sales.models import Company, DocumentLine, Quote

HEAD = (
    "account_id", "currency", "price_list_id", "payment_terms_id", "tax_zone_id",
    "prices_include_tax", "discount_amount", "discount_rate", "freight", "total", "valid_until",
    "rounding", "discount_method",
)  # fmt: skip
LINE = (
    "kind", "product_id", "description", "unit_id", "quantity", "is_optional", "unit_price",
    "volume_discount", "discount_amount", "discount_rate", "tax_rate", "net", "price_quantity",
    "charge_amount",
)  # fmt: skip

USUAL: Mapping[str, object] = {
    "price_quantity": Decimal(1),
    "charge_amount": Decimal(0),
    "rounding": Company.Rounding.HALF_UP,
    "discount_method": Company.DiscountMethod.WHOLE_LINE,
}
"""What all quotes said before they could say anything else: left out, so that their hashes hold."""


def own_columns() -> dict[str, object]:
    """Map the own columns of quotes that HEAD does not name to what they hold by default."""
    return {each.name: each.get_default() for each in Quote.own_fields() if each.name not in HEAD}


def content_hash(quote: Quote, lines: Sequence[DocumentLine]) -> str:
    """Hash what is offered (SHA-256)."""
    own = own_columns()
    content = {
        "head": [*_values(quote, HEAD, USUAL), *_values(quote, list(own), own)],
        "lines": [_values(line, LINE, USUAL) for line in lines],
    }
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _values(
    record: Quote | DocumentLine, fields: Sequence[str], usual: Mapping[str, object]
) -> list[object]:
    """List the values of a record; one that is not what it used to be always comes by name."""
    values: list[object] = []
    for field in fields:
        value = getattr(record, field)
        if field not in usual:
            values.append(_plain(value))
        elif value != usual[field]:
            values.append([field, _plain(value)])
    return values


def hash_values(values: Sequence[object]) -> str:
    """Hash values of any kind (SHA-256); equal figures have the same hash."""
    return hashlib.sha256(json.dumps(values, default=_plain).encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value if isinstance(value, bool | type(None)) else str(value)
