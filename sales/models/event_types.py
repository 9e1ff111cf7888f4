"""Event types: what can happen to a quote, an order or an invoice."""

from __future__ import annotations

from django.db import models


class EventType(models.TextChoices):
    """Names of events as integrations know them: a document, a dot, what happened to it."""

    QUOTE_DRAFTED = "quote.drafted", "Quote drafted"
    QUOTE_DRAFT_CHANGED = "quote.draft_changed", "Quote draft changed"
    QUOTE_APPROVAL_REQUESTED = "quote.approval_requested", "Quote approval requested"
    QUOTE_APPROVED = "quote.approved", "Quote approved"
    QUOTE_APPROVAL_REFUSED = "quote.approval_refused", "Quote approval refused"
    QUOTE_CHANGED = "quote.changed", "Quote changed"  # recorded by earlier versions only
    QUOTE_ACTIVATED = "quote.activated", "Quote activated"
    QUOTE_REVISED = "quote.revised", "Quote revised"
    QUOTE_ACCEPTED = "quote.accepted", "Quote accepted"
    QUOTE_CLOSED = "quote.closed", "Quote closed"
    ORDER_DRAFTED = "order.drafted", "Order drafted"
    ORDER_DRAFT_CHANGED = "order.draft_changed", "Order draft changed"
    ORDER_DRAFT_CANCELLED = "order.draft_cancelled", "Order draft cancelled"
    ORDER_PRICES_LOCKED = "order.prices_locked", "Order prices locked"
    ORDER_PRICES_UNLOCKED = "order.prices_unlocked", "Order prices unlocked"
    ORDER_SUBMITTED = "order.submitted", "Order submitted"
    ORDER_CHANGED = "order.changed", "Order changed"
    ORDER_HELD = "order.held", "Order put on hold"
    ORDER_RELEASED = "order.released", "Order released"
    ORDER_CANCELLED = "order.cancelled", "Order cancelled"
    ORDER_PROGRESSED = "order.progressed", "Order progressed"
    SHIPMENT_RECORDED = "shipment.recorded", "Shipment recorded"
    INVOICE_DRAFTED = "invoice.drafted", "Invoice drafted"
    INVOICE_DRAFT_CHANGED = "invoice.draft_changed", "Invoice draft changed"
    INVOICE_DRAFT_DELETED = "invoice.draft_deleted", "Invoice draft deleted"
    INVOICE_ISSUED = "invoice.issued", "Invoice issued"
    INVOICE_POSTED = "invoice.posted", "Invoice of record received"
    INVOICE_PAID = "invoice.paid", "Payment received"
    INVOICE_CREDITED = "invoice.credited", "Invoice credited"
