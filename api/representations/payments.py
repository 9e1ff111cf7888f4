"""Payments in responses."""

from __future__ import annotations

from typing import Any

from api.representations.documents import at, day, key
from fulfilment.cloudevents import money
from sales.models import Payment


def represent_payment(payment: Payment) -> dict[str, Any]:
    """Return what settles an invoice; an amount below zero is given back."""
    return {
        "id": str(payment.pk),
        "invoice": str(payment.invoice_id),
        "kind": payment.kind,
        "amount": money(payment.amount, payment.invoice.currency),
        "received_on": day(payment.received_on),
        "reference": payment.reference,
        "method": payment.method,
        "reason": payment.reason,
        "corrects": key(payment.corrects_id),
        "recorded_at": at(payment.recorded_at),
    }
