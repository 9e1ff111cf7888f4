"""Surplus of an order on its page and on its down payments': the sentence, and the way on."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext

from common.formatting import format_money
from sales.models import Invoice
from sales.services.billing.surplus import Surplus
from web.display import Action
from web.record_urls import record_url


def surplus_notices(surplus: Surplus | None) -> list[str]:
    """Say how much was asked for ahead and cannot be deducted any more, and the way on."""
    if surplus is None:
        return []
    invoice = surplus.down_payment
    sentence = gettext(
        "%(amount)s was asked for ahead and cannot be deducted from an invoice any more: "
        "credit %(invoice)s."
    )
    if invoice.is_draft:
        sentence = gettext(
            "%(amount)s was asked for ahead and cannot be deducted from an invoice any more: "
            "delete the draft that asks for it."
        )
    amount = format_money(surplus.amount, invoice.currency)
    return [sentence % {"amount": amount, "invoice": invoice}]


def surplus_action(surplus: Surplus) -> Action:
    """Lead to the credit note of the down payment, or to its draft."""
    invoice = surplus.down_payment
    if invoice.is_draft:
        return open_draft(invoice)
    return Action(
        gettext("Credit %(invoice)s") % {"invoice": invoice},
        reverse("sales:invoice-credit", args=[invoice.pk]),
        "receipt-refund",
        asks=True,
    )


def open_draft(invoice: Invoice) -> Action:
    """Lead to a draft, to be issued or deleted there."""
    return Action(gettext("Open the draft"), record_url(invoice), "receipt", asks=True)
