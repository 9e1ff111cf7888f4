"""Instalments, due days and early-payment offer of an invoice when it is issued."""

from __future__ import annotations

import datetime as dt

from common.identifiers import uuid7
from sales.models import Invoice, InvoiceInstalment, PaymentTerms
from sales.pricing.due import Due, Share, early_payment_discount, split_by_shares
from sales.pricing.money import Rounding


def freeze_terms(invoice: Invoice, issued_on: dt.date) -> dict[str, object]:
    """Store the instalments of a draft, and return the due dates for its head.

    Only invoices for goods or services are split; a down payment is not.
    """
    terms = invoice.payment_terms
    if terms is None:
        return {"due_on": issued_on}
    parts = _parts(invoice, issued_on)
    InvoiceInstalment.objects.bulk_create(
        InvoiceInstalment(id=uuid7(), invoice=invoice, due_on=part.due_on, amount=part.amount)
        for part in parts
    )
    last = parts[-1].due_on if parts else terms.due_rule.due_on(issued_on)
    return {"due_on": last, **_early_payment(invoice, terms, issued_on)}


def _early_payment(invoice: Invoice, terms: PaymentTerms, issued_on: dt.date) -> dict[str, object]:
    rate, days = terms.early_payment_rate, terms.early_payment_days
    if not rate or days is None or not invoice.asks_in_full:
        return {}
    return {
        "early_payment_rate": rate,
        "early_payment_until": issued_on + dt.timedelta(days=days),
        "early_payment_discount": early_payment_discount(
            invoice.total, rate, invoice.currency, Rounding(invoice.rounding)
        ),
    }


def _parts(invoice: Invoice, issued_on: dt.date) -> list[Due]:
    if not invoice.asks_in_full or invoice.payment_terms is None:
        return []
    shares = [
        Share(part.share_rate, part.due_rule) for part in invoice.payment_terms.instalments.all()
    ]
    if not shares:
        return []
    return split_by_shares(invoice.total, shares, currency=invoice.currency, issued_on=issued_on)
