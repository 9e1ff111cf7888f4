"""The three kinds of document: quote, order and invoice."""

from __future__ import annotations

from sales.models.invoices import Invoice
from sales.models.orders import Order
from sales.models.quotes import Quote

AnyDocument = Quote | Order | Invoice
