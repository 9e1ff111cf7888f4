"""Event types: what can happen to a quote, an order or an invoice."""

from __future__ import annotations

from django.db import models


class EventType(models.TextChoices):
    """Names of events as integrations know them: a document, a dot, what happened to it."""

    QUOTE_CHANGED = "quote.changed", "Quote changed"
    QUOTE_ACTIVATED = "quote.activated", "Quote activated"
    QUOTE_REVISED = "quote.revised", "Quote revised"
    QUOTE_ACCEPTED = "quote.accepted", "Quote accepted"
    QUOTE_CLOSED = "quote.closed", "Quote closed"
    ORDER_DRAFTED = "order.drafted", "Order drafted"
    ORDER_SUBMITTED = "order.submitted", "Order submitted"
    ORDER_CHANGED = "order.changed", "Order changed"
    ORDER_HELD = "order.held", "Order put on hold"
    ORDER_RELEASED = "order.released", "Order released"
    ORDER_CANCELLED = "order.cancelled", "Order cancelled"
    ORDER_PROGRESSED = "order.progressed", "Order progressed"
    SHIPMENT_RECORDED = "shipment.recorded", "Shipment recorded"
    INVOICE_DRAFTED = "invoice.drafted", "Invoice drafted"
    INVOICE_ISSUED = "invoice.issued", "Invoice issued"
    INVOICE_POSTED = "invoice.posted", "Invoice of record received"
    INVOICE_PAID = "invoice.paid", "Payment received"
    INVOICE_CREDITED = "invoice.credited", "Invoice credited"
