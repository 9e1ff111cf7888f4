"""Inbound messages of the warehouse about an order, and of the ERP about an invoice."""

from __future__ import annotations

from typing import Any

from fulfilment.inbound.intake import receive
from fulfilment.inbound.schemas import parse_message
from sales.models import Invoice, Order
from tests.fulfilment.conftest import FarEnd, event


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


def receive_from(far_end: FarEnd, message: dict[str, Any]) -> str:
    """Receive a message of an external system; returns what was done with it."""
    return receive(far_end.connection, parse_message(message)).result


def status_event(order: Order, status: str = "accepted", **attributes: Any) -> dict[str, Any]:
    """A report of the warehouse on how far an order is."""
    return event("warehouse.order.status", {"order": order.number, "status": status}, **attributes)
