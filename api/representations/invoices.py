"""Invoices and credit notes in responses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.representations.documents import day, head, key, line, optional_money
from fulfilment.cloudevents import money
from sales.models import Invoice, InvoiceLine
from sales.models.settlement import FROM_PAYMENTS


def represent_invoice(
    invoice: Invoice, lines: Sequence[InvoiceLine] | None = None
) -> dict[str, Any]:
    """Return an invoice with its lines."""
    lines = list(invoice.lines.order_by("position", "pk")) if lines is None else lines
    return {
        **represent_head(invoice),
        "lines": [represent_line(each, invoice.currency) for each in lines],
    }


def represent_line(found: InvoiceLine, currency: str) -> dict[str, Any]:
    """Return a line with the order line that it bills."""
    return {**line(found, currency), "order_line": key(found.order_line_id)}


def represent_head(invoice: Invoice) -> dict[str, Any]:
    """Return an invoice as lists have it."""
    return {
        **head(invoice),
        "kind": invoice.kind,
        "what": invoice.what,
        "status": invoice.status,
        "order": key(invoice.order_id),
        "credits": key(invoice.credits_id),
        "issued_on": day(invoice.issued_on),
        "due_on": day(invoice.due_on),
        "official": {
            "number": invoice.official_number,
            "status": invoice.official_status,
            "issued_on": day(invoice.official_issued_on),
            "tax": optional_money(invoice.official_tax, invoice.currency),
            "total": optional_money(invoice.official_total, invoice.currency),
        },
        **{
            name: money(getattr(invoice, name), invoice.currency)
            for name in ("credited", *FROM_PAYMENTS)
        },
    }
