"""Payloads of outgoing messages: full snapshots of documents, never differences."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import QuerySet

from crm.custom_fields import for_handoff
from crm.models import Account
from fulfilment.cloudevents import money, plain, price
from sales.models import Document, DocumentLine, Invoice, InvoiceLine, Order, OrderLine, Quote
from sales.models.settlement import FROM_PAYMENTS
from sales.pricing.exchanged_lines import ExchangedLine, exchanged_line
from sales.pricing.lines import Terms
from sales.pricing.partial import Amounts
from sales.services.prices.pricing_input import line_input, terms_of

DocumentT = TypeVar("DocumentT", bound=Document)
LineT = TypeVar("LineT", bound=DocumentLine)

PAYLOAD_COLUMNS = (
    *("id", "position", "kind", "sku", "description", "quantity", "unit_price", "price_quantity"),
    *("volume_discount", "discount_amount", "discount_rate", "promotion_discount", "discount"),
    *("charge_amount", "charge"),
    *("net", "header_discount", "tax_rate", "tax", "gross", "is_optional", "is_taken"),
    *("unit__name", "product_category__code"),
)
"""The line columns that a payload needs; no others are read, because every save waits for it."""


TOTALS = ("detail", "discount", "pre_freight", "freight", "tax", "total")
"""The totals of a document, as its columns and others call them."""


def order_payload(order: Order) -> dict[str, Any]:
    """Return the snapshot of an order."""
    lines = _lines(order, order.lines.all(), "order", "cancelled_quantity", "requested_on")
    terms = terms_of(order)
    return {
        "order": {
            **_head(order),
            "status": order.status,
            "is_on_hold": order.is_on_hold,
            "customer_reference": order.customer_reference,
            "ship_to": order.shipping_address,
            **own_values(order),
            "lines": [_order_line(line, terms) for line in lines],
            "totals": totals_of(order),
            "custom": for_handoff(order),
        }
    }


def invoice_payload(invoice: Invoice) -> dict[str, Any]:
    """Return the snapshot of an issued invoice or credit note."""
    lines = _lines(invoice, invoice.lines.all(), "invoice", "order_line")
    order, terms = invoice.order, terms_of(invoice)
    return {
        "invoice": {
            **_head(invoice),
            "kind": invoice.kind,
            "status": invoice.status,
            "order": {"id": str(order.pk), "number": order.number} if order else None,
            "credits": str(invoice.credits_id) if invoice.credits_id else None,
            "customer_reference": invoice.customer_reference,
            "bill_to": invoice.billing_address,
            "issued_on": _day(invoice.issued_on),
            "due_on": _day(invoice.due_on),
            "instalments": [
                {"due_on": _day(part.due_on), "amount": money(part.amount, invoice.currency)}
                for part in invoice.dues
            ],
            "lines": [_invoice_line(line, terms) for line in lines if not line.is_text],
            "totals": totals_of(invoice),
            "early_payment": _early_payment(invoice),
            **{name: money(getattr(invoice, name), invoice.currency) for name in FROM_PAYMENTS},
            "custom": for_handoff(invoice),
        }
    }


def _early_payment(invoice: Invoice) -> dict[str, Any] | None:
    if invoice.early_payment_rate is None:
        return None
    return {
        "rate": plain(invoice.early_payment_rate),
        "until": _day(invoice.early_payment_until),
        "discount": money(invoice.early_payment_discount, invoice.currency),
    }


def quote_payload(quote: Quote) -> dict[str, Any]:
    """Return the snapshot of a quote."""
    lines, terms = _lines(quote, quote.lines.all(), "quote"), terms_of(quote)
    return {
        "quote": {
            **_head(quote),
            "revision": quote.revision,
            "status": quote.status,
            **own_values(quote),
            "lines": [_line(line, terms) for line in lines],
            "totals": totals_of(quote),
            "custom": for_handoff(quote),
        }
    }


def with_payload_relations(documents: QuerySet[DocumentT]) -> QuerySet[DocumentT]:
    """Prefetch everything that the payloads of documents of one kind read, in five statements."""
    documents = documents.select_related("account").prefetch_related(
        "lines__unit", "lines__product_category"
    )
    if documents.model is Invoice:
        documents = documents.select_related("order").prefetch_related("instalments")
    return documents


def own_values(document: Document) -> dict[str, Any]:
    """Return the columns that only this kind of document has, as they are exchanged."""
    values = {name: getattr(document, name) for name in document.own_columns}
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in values.items()
    }


def _head(document: Document) -> dict[str, Any]:
    return {
        "id": str(document.pk),
        "number": document.number,
        "name": document.name,
        "version": document.version,
        "currency": document.currency,
        "prices_include_tax": document.prices_include_tax,
        "account": {"id": str(document.account_id), "name": _account_name(document)},
    }


def _account_name(document: Document) -> str:
    """Read only the account's name, unless the account is loaded already."""
    if "account" in document._state.fields_cache:
        return document.account.name
    return Account.objects.values_list("name", flat=True).get(pk=document.account_id)


def totals_of(document: Document) -> dict[str, dict[str, str]]:
    """Return the totals of a document as they are exchanged."""
    return {name: money(getattr(document, name), document.currency) for name in TOTALS}


def _lines(document: Document, lines: QuerySet[LineT], *more: str) -> list[LineT]:
    """List the lines without options that were not chosen; read them unless they are prefetched."""
    if "lines" not in getattr(document, "_prefetched_objects_cache", {}):
        lines = lines.select_related("unit", "product_category").only(*PAYLOAD_COLUMNS, *more)
    return [line for line in lines if line.counts or line.is_text]


def _order_line(line: OrderLine, terms: Terms) -> dict[str, Any]:
    return _line(line, terms) | {
        "quantity": plain(line.wanted_quantity),
        "cancelled": plain(line.cancelled_quantity),
        "requested_on": _day(line.requested_on),
    }


def _invoice_line(line: InvoiceLine, terms: Terms) -> dict[str, Any]:
    order_line = str(line.order_line_id) if line.order_line_id else None
    return _line(line, terms) | {"order_line": order_line}


def _line(line: DocumentLine, terms: Terms) -> dict[str, Any]:
    currency, figures = terms.currency, exchanged_figures(line, terms)
    return {
        "id": str(line.pk),
        "position": line.position,
        "kind": line.kind,
        "sku": line.sku,
        "description": line.description,
        "category": line.product_category.code if line.product_category else "",
        "quantity": plain(line.quantity),
        "unit": line.unit.name if line.unit else "",
        "unit_price": price(figures.price.amount, currency),
        "price_quantity": plain(figures.price.price_quantity),
        "discount": money(figures.discount, currency),
        "charge": money(figures.charge, currency),
        "included_tax": money(figures.included_tax, currency),
        "net": money(line.net, currency),
        "header_discount": money(line.header_discount, currency),
        "tax_rate": plain(line.tax_rate or Decimal(0)),
        "tax": money(line.tax, currency),
        "gross": money(line.gross, currency),
    }


def exchanged_figures(line: DocumentLine, terms: Terms) -> ExchangedLine:
    """Return price, discount and charge of a line as they are exchanged."""
    amounts = Amounts(line.taxable, line.header_discount, tax=line.tax, charge=line.charge)
    return exchanged_line(line_input(line), amounts, terms, is_ahead=line.is_ahead)


def _day(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
