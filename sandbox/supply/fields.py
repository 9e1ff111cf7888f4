"""Fields of orders and lines that may be set, and how each is read from JSON.

A field that is not there was not sent and stays; null clears it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sandbox.errors import Malformed
from sandbox.json_fields import Fields

Reader = Callable[[Fields, str], Any]


def _text(fields: Fields, name: str) -> str:
    return fields.optional_text(name)


def _day(fields: Fields, name: str) -> str:
    return fields.day(name).isoformat() if fields.has(name) else ""


def _flag(fields: Fields, name: str) -> bool:
    return bool(fields.flag(name))


def _number(fields: Fields, name: str) -> Decimal:
    return fields.decimal(name) if fields.has(name) else Decimal(0)


def _quantity(fields: Fields, name: str) -> Decimal:
    quantity = _number(fields, name)
    if quantity < 0:
        raise Malformed(f"{fields.where(name)} must not be negative.")
    return quantity


def _price_unit(fields: Fields, name: str) -> Decimal:
    units = fields.decimal(name) if fields.has(name) else Decimal(1)
    if units <= 0:
        raise Malformed(f"{fields.where(name)} must be above 0.")
    return units


def _percent(fields: Fields, name: str) -> Decimal:
    percent = _number(fields, name)
    if not 0 <= percent <= 100:
        raise Malformed(f"{fields.where(name)} must be from 0 to 100.")
    return percent


def _address(fields: Fields, name: str) -> dict[str, str]:
    if not fields.has(name):
        return {}
    inner = fields.object(name)
    return {part: text for part in inner.names() if (text := inner.optional_text(part))}


HEAD_FIELDS: Mapping[str, Reader] = {
    "name": _text,
    "customer_reference": _text,
    "requested_ship_date": _day,
    "requested_receipt_date": _day,
    "ship_to": _address,
    "payment_terms": _text,
    "delivery_terms": _text,
    "delivery_mode": _text,
    "header_discount": _number,
    "header_charges": _number,
    "on_hold": _flag,
    "cancelled": _flag,
}
"""What a push sets on an order, and so does a clerk."""

FIRST_FIELDS: Mapping[str, Reader] = {
    "prices_include_tax": _flag,
    "invoice_customer": _text,
    "bill_to": _address,
    "placed_at": _text,
}
"""What is set only when an order is made, beside its number, company, currency and customer."""

CLERK_FIELDS: Mapping[str, Reader] = {
    **{name: read for name, read in HEAD_FIELDS.items() if name not in {"on_hold", "cancelled"}},
    "confirmed_ship_date": _day,
    "bill_to": _address,
}
"""What a clerk edits on an order; hold and cancellation are actions."""

LINE_FIELDS: Mapping[str, Reader] = {
    "item": _text,
    "category": _text,
    "description": _text,
    "unit": _text,
    "quantity": _quantity,
    "cancelled": _quantity,
    "price": _number,
    "price_unit": _price_unit,
    "discount": _number,
    "discount_percent": _percent,
    "charge": _number,
    "tax_rate": _number,
    "requested_ship_date": _day,
}
"""What a push sets on a line."""

CLERK_LINE_FIELDS: Mapping[str, Reader] = {
    **{n: read for n, read in LINE_FIELDS.items() if n not in {"item", "category", "unit"}},
    "confirmed_ship_date": _day,
}
"""What a clerk edits on a line; another item or unit is an action."""


def read_sent(fields: Fields, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """Read the fields that were sent."""
    sent = fields.names()
    return {name: read(fields, name) for name, read in readers.items() if name in sent}
