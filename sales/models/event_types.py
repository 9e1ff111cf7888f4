"""Event types: the names of the events of quotes, orders and invoices."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class EventType(models.TextChoices):
    """Names of events as external systems receive them: the document, a dot, what happened."""

    QUOTE_DRAFTED = "quote.drafted", _("Quote drafted")
    QUOTE_DRAFT_CHANGED = "quote.draft_changed", _("Quote draft changed")
    QUOTE_APPROVAL_REQUESTED = "quote.approval_requested", _("Quote approval requested")
    QUOTE_APPROVED = "quote.approved", _("Quote approved")
    QUOTE_APPROVAL_REFUSED = "quote.approval_refused", _("Quote approval refused")
    QUOTE_CHANGED = "quote.changed", _("Quote changed")  # recorded by earlier versions only
    QUOTE_ACTIVATED = "quote.activated", _("Quote activated")
    QUOTE_REVISED = "quote.revised", _("Quote revised")
    QUOTE_ACCEPTED = "quote.accepted", _("Quote accepted")
    QUOTE_CLOSED = "quote.closed", _("Quote closed")
    ORDER_DRAFTED = "order.drafted", _("Order drafted")
    ORDER_DRAFT_CHANGED = "order.draft_changed", _("Order draft changed")
    ORDER_DRAFT_CANCELLED = "order.draft_cancelled", _("Order draft cancelled")
    ORDER_PRICES_LOCKED = "order.prices_locked", _("Order prices locked")
    ORDER_PRICES_UNLOCKED = "order.prices_unlocked", _("Order prices unlocked")
    ORDER_SUBMITTED = "order.submitted", _("Order submitted")
    ORDER_CHANGED = "order.changed", _("Order changed")
    ORDER_HELD = "order.held", _("Order put on hold")
    ORDER_RELEASED = "order.released", _("Order released")
    ORDER_SENT_AGAIN = "order.sent_again", _("Order sent again")
    ORDER_CANCELLED = "order.cancelled", _("Order cancelled")
    ORDER_PROGRESSED = "order.progressed", _("Order progressed")
    SHIPMENT_RECORDED = "shipment.recorded", _("Shipment recorded")
    INVOICE_DRAFTED = "invoice.drafted", _("Invoice drafted")
    INVOICE_DRAFT_CHANGED = "invoice.draft_changed", _("Invoice draft changed")
    INVOICE_DRAFT_DELETED = "invoice.draft_deleted", _("Invoice draft deleted")
    INVOICE_ISSUED = "invoice.issued", _("Invoice issued")
    INVOICE_POSTED = "invoice.posted", _("Invoice of record received")
    INVOICE_PAID = "invoice.paid", _("Payment received")
    INVOICE_PAYMENT_CORRECTED = (
        "invoice.payment_corrected",
        _("Payment corrected or reversed"),
    )
    INVOICE_PAID_FROM_CREDIT = "invoice.paid_from_credit", _("Paid from customer credit")
    INVOICE_MOVED_TO_CREDIT = "invoice.moved_to_credit", _("Moved to customer credit")
    INVOICE_REFUNDED = "invoice.refunded", _("Payment refunded")
    INVOICE_WRITTEN_OFF = "invoice.written_off", _("Invoice written off")
    INVOICE_CREDITED = "invoice.credited", _("Invoice credited")
