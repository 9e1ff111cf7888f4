"""Status chips of quotes, orders and invoices."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.utils.translation import gettext

from common.formatting import format_money
from sales.models import Invoice, Order, Quote
from sales.pricing.due import Due
from sales.services.approvals import Approval
from web.display import Chip, Tone

QUOTE_STYLES: dict[str, tuple[Tone, str]] = {
    Quote.Status.DRAFT: ("neutral", "pencil"),
    Quote.Status.ACTIVE: ("info", "send"),
    Quote.Status.WON: ("good", "circle-check"),
    Quote.Status.LOST: ("neutral", "circle-x"),
    Quote.Status.CANCELLED: ("neutral", "ban"),
    Quote.Status.SUPERSEDED: ("neutral", "versions"),
}
ORDER_STYLES: dict[str, tuple[Tone, str]] = {
    Order.Status.DRAFT: ("neutral", "pencil"),
    Order.Status.SUBMITTED: ("info", "send"),
    Order.Status.COMPLETED: ("good", "circle-check"),
    Order.Status.CANCELLED: ("neutral", "ban"),
}
FULFILMENT_STYLES: dict[str, tuple[Tone, str]] = {
    Order.Fulfilment.NOT_STARTED: ("neutral", "package"),
    Order.Fulfilment.PARTLY_SHIPPED: ("warn", "truck-loading"),
    Order.Fulfilment.SHIPPED: ("brand", "truck-delivery"),
    Order.Fulfilment.DELIVERED: ("good", "home-check"),
    Order.Fulfilment.PARTLY_RETURNED: ("warn", "truck-return"),
    Order.Fulfilment.RETURNED: ("neutral", "truck-return"),
}
BILLING_STYLES: dict[str, tuple[Tone, str]] = {
    Order.Billing.TO_INVOICE: ("neutral", "receipt"),
    Order.Billing.PARTLY: ("warn", "receipt-2"),
    Order.Billing.INVOICED: ("good", "receipt-2"),
    Order.Billing.CREDITED: ("neutral", "receipt-refund"),
    Order.Billing.NOTHING: ("neutral", "receipt-off"),
}
INVOICE_STYLES: dict[str, tuple[Tone, str]] = {
    Invoice.Status.DRAFT: ("neutral", "pencil"),
    Invoice.Status.ISSUED: ("info", "send"),
    Invoice.Status.PARTLY_PAID: ("warn", "coins"),
    Invoice.Status.PAID: ("good", "circle-check"),
    Invoice.Status.CANCELLED: ("neutral", "ban"),
}


def quote_chip(quote: Quote) -> Chip:
    """Show how far a quote is; an active one past its day is expired."""
    if quote.is_expired():
        return Chip(gettext("Expired"), "bad", "calendar-x")
    return Chip(quote.get_status_display(), *QUOTE_STYLES[quote.status])


def approval_chip(approval: Approval) -> Chip:
    """Show the state of a quote's approval."""
    if approval.is_approved:
        return Chip(gettext("Approved"), "good", "rosette-discount-check")
    if approval.decision is not None:
        return Chip(gettext("Refused"), "bad", "hand-stop", title=approval.decision.comment)
    if approval.asked is not None:
        return Chip(gettext("Waits for approval"), "warn", "hourglass")
    return Chip(gettext("Needs approval"), "warn", "rosette")


def order_chip(order: Order) -> Chip:
    """Show how far an order is, or that it is on hold."""
    if order.is_on_hold:
        return Chip(gettext("On hold"), "warn", "player-pause", title=order.hold_reason)
    return Chip(order.get_status_display(), *ORDER_STYLES[order.status])


def fulfilment_chip(order: Order) -> Chip:
    """Show how much of an order is shipped."""
    tone, icon = FULFILMENT_STYLES[order.fulfilment_status]
    return Chip(order.get_fulfilment_status_display(), tone, icon, title=order.processing_status)


def billing_chip(order: Order) -> Chip:
    """Show how much of an order is invoiced."""
    return Chip(order.get_billing_status_display(), *BILLING_STYLES[order.billing_status])


def credit_note_chip() -> Chip:
    """Mark a credit note among invoices."""
    return Chip(gettext("Credit note"), "info", "receipt-refund")


def invoice_chip(invoice: Invoice) -> Chip:
    """Show whether an invoice is paid, or late."""
    if invoice.is_overdue():
        return Chip(gettext("Overdue"), "bad", "calendar-x")
    if invoice.written_off:
        return Chip(gettext("Written off"), "neutral", "eraser")
    return Chip(invoice.get_status_display(), *INVOICE_STYLES[invoice.status])


def refund_chip(invoice: Invoice) -> Chip:
    """Show that more was paid than is asked for now."""
    amount = format_money(invoice.to_refund, invoice.currency)
    return Chip(gettext("%(amount)s to refund") % {"amount": amount}, "warn", "arrow-back-up")


def instalment_chip(due: Due, left: Decimal, today: dt.date) -> Chip:
    """Show whether a part of an invoice is settled, or late."""
    if left <= 0:
        return Chip(gettext("Settled"), "good", "circle-check")
    if due.due_on < today:
        return Chip(gettext("Overdue"), "bad", "calendar-x")
    if left < due.amount:
        return Chip(gettext("Partly settled"), "warn", "coins")
    return Chip(gettext("Open"), "info", "hourglass")


def decision_chip(*, approved: bool) -> Chip:
    """Show whether somebody approved or refused."""
    if approved:
        return Chip(gettext("Approved"), "good", "thumb-up")
    return Chip(gettext("Refused"), "bad", "thumb-down")
