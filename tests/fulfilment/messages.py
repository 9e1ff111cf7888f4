"""Inbound messages of the ERP about an invoice."""

from __future__ import annotations

from typing import Any

from sales.models import Invoice
from tests.fulfilment.conftest import event


def money(amount: str, currency: str = "EUR") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


def posted(invoice: Invoice, number: str, **amounts: str) -> dict[str, Any]:
    data = {
        "invoice": invoice.number,
        "official_number": number,
        "status": "posted",
        "issued_on": invoice.company.today().isoformat(),
        "tax": money(amounts.get("tax", f"{invoice.tax:.2f}"), invoice.currency),
        "total": money(amounts.get("total", f"{invoice.total:.2f}"), invoice.currency),
    }
    return event("erp.invoice.posted", data)


def paid(invoice: Invoice, number: str, amount: str = "") -> dict[str, Any]:
    data = {
        "invoice": invoice.number,
        "official_number": number,
        "status": "paid",
        "payment_ref": f"PAY-{invoice.number}",
        "amount": money(amount or f"{invoice.total:.2f}", invoice.currency),
        "paid_on": invoice.company.today().isoformat(),
    }
    return event("erp.invoice.paid", data)
