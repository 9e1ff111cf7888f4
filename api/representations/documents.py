"""What quotes, orders and invoices have in common in responses: head, lines, totals."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from crm.custom_fields import for_handoff
from fulfilment.cloudevents import moment, money, plain, price
from fulfilment.payloads import own_values, totals_of
from sales.models import Document, DocumentLine


def key(value: Any) -> str | None:
    """Return an id as a text."""
    return None if value is None else str(value)


def day(value: dt.date | None) -> str | None:
    """Return a date."""
    return value.isoformat() if value else None


def at(value: dt.datetime | None) -> str | None:
    """Return a moment in UTC."""
    return moment(value) if value else None


def percent(rate: Decimal | None) -> str | None:
    """Return a fraction as a percentage: 0.05 is "5"."""
    return None if rate is None else plain(rate * 100)


def optional_money(amount: Decimal | None, currency: str) -> dict[str, str] | None:
    """Return an amount that there may be none of."""
    return None if amount is None else money(amount, currency)


def head(document: Document) -> dict[str, Any]:
    """Return the head of a document, without its lines."""
    return {
        "id": str(document.pk),
        "number": document.number,
        "name": document.name,
        "version": document.version,
        "account": str(document.account_id),
        "contact": key(document.contact_id),
        "currency": document.currency,
        "price_list": key(document.price_list_id),
        "payment_terms": key(document.payment_terms_id),
        "prices_include_tax": document.prices_include_tax,
        "customer_reference": document.customer_reference,
        "notes": document.notes,
        "billing_address": document.billing_address,
        "shipping_address": document.shipping_address,
        "discount_amount": money(document.discount_amount, document.currency),
        "discount_percent": percent(document.discount_rate),
        **own_values(document),
        "totals": totals_of(document),
        "custom": for_handoff(document),
        "created_at": at(document.created_at),
        "updated_at": at(document.updated_at),
    }


def line(found: DocumentLine, currency: str) -> dict[str, Any]:
    """Return a line with its figures."""
    return {
        "id": str(found.pk),
        "position": found.position,
        "kind": found.kind,
        "product": key(found.product_id),
        "product_category": key(found.product_category_id),
        "sku": found.sku,
        "description": found.description,
        "unit": key(found.unit_id),
        "quantity": plain(found.quantity),
        "unit_price": None if found.unit_price is None else price(found.unit_price, currency),
        "price_quantity": plain(found.price_quantity),
        "price_source": found.price_source,
        "volume_discount": price(found.volume_discount, currency),
        "discount_amount": None
        if found.discount_amount is None
        else price(found.discount_amount, currency),
        "discount_percent": percent(found.discount_rate),
        "discount": money(found.discount, currency),
        "net": money(found.net, currency),
        "tax_percent": percent(found.tax_rate),
        "tax": money(found.tax, currency),
        "gross": money(found.gross, currency),
        "custom": found.custom,
    }
