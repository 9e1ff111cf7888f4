"""Content hash of a quote: a SHA-256 of all that is offered, which approvals are bound to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from decimal import Decimal

from sales.models import DocumentLine, Quote

HEAD = (
    "account_id", "currency", "price_list_id", "payment_terms_id", "tax_zone_id",
    "prices_include_tax", "discount_amount", "discount_rate", "freight", "total", "valid_until",
)  # fmt: skip
LINE = (
    "kind", "product_id", "description", "unit_id", "quantity", "is_optional", "unit_price",
    "volume_discount", "discount_amount", "discount_rate", "tax_rate", "net",
)  # fmt: skip


def content_hash(quote: Quote, lines: Sequence[DocumentLine]) -> str:
    """Hash what is offered (SHA-256)."""
    content = {
        "head": [_plain(getattr(quote, field)) for field in HEAD],
        "lines": [[_plain(getattr(line, field)) for field in LINE] for line in lines],
    }
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value if isinstance(value, bool | type(None)) else str(value)
