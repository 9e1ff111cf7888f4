"""Inbound messages of the warehouse about an order, and of the ERP about an invoice."""

from __future__ import annotations

from typing import Any

from fulfilment.inbound.intake import receive
from fulfilment.inbound.schemas import parse_message
from fulfilment.models import Discrepancy
from sales.models import Invoice, Order
from tests.fulfilment.conftest import FarEnd, event, shipment_event


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


def stop_reporting(far_end: FarEnd) -> None:
    """Take from an external system what it may report."""
    far_end.connection.reports_as = []
    far_end.connection.save(update_fields=["reports_as"])


def status_event(order: Order, status: str = "accepted", **attributes: Any) -> dict[str, Any]:
    """A report of the warehouse on how far an order is."""
    return event("warehouse.order.status", {"order": order.number, "status": status}, **attributes)


def returned(order: Order, reference: str, *quantities: str, **data: Any) -> dict[str, Any]:
    """A report of goods that came back, a quantity per line."""
    message = shipment_event(order, reference, "delivered", *quantities)
    of_lines = {"order": order.number, "return_ref": reference, "lines": message["data"]["lines"]}
    return event("warehouse.return.received", of_lines | data)


def shortage(order: Order, *quantities: str, reason: str = "Sold out") -> dict[str, Any]:
    """A report of what cannot be shipped, a quantity per line; without any, all that is open."""
    lines = [
        {"order_line": str(line.pk), "quantity": quantity}
        for line, quantity in zip(order.lines.order_by("position"), quantities, strict=False)
    ]
    data = {"order": order.number, "reason": reason, "lines": lines}
    return event("warehouse.order.shortage", data)


def credited(invoice: Invoice, reference: str, amount: str = "", **data: Any) -> dict[str, Any]:
    """A credit note of the ERP: of all that is left, or of the lines that are named."""
    reported = {
        "invoice": invoice.number,
        "credit_ref": reference,
        "official_number": f"SC-{reference}",
        "credited_on": invoice.company.today().isoformat(),
        "reason": "Broken",
        "amount": money(amount or f"{invoice.total:.2f}", invoice.currency),
    }
    return event("erp.invoice.credited", reported | data)


def taken_back(
    invoice: Invoice, amount: str, reference: str = "CB-1", **data: Any
) -> dict[str, Any]:
    """A chargeback of the payment that ``paid`` reports."""
    reported = {
        "invoice": invoice.number,
        "payment_ref": f"PAY-{invoice.number}",
        "reversal_ref": reference,
        "kind": "chargeback",
        "reason": "Customer disputes it",
        "amount": money(amount, invoice.currency),
        "reversed_on": invoice.company.today().isoformat(),
    }
    return event("erp.payment.reversed", reported | data)


def every_message(order: Order, invoice: Invoice) -> dict[str, dict[str, Any]]:
    """A message of every type, in an order in which each has an effect."""
    messages = [
        status_event(order),
        shipment_event(order, "WH-1", "shipped", "4"),
        returned(order, "WH-R1", "1"),
        shortage(order, "2"),
        posted(invoice, "SI-1"),
        paid(invoice, "SI-1"),
        taken_back(invoice, "20.00"),
        credited(invoice, "CR-1"),
    ]
    return {message["type"]: message for message in messages}


def moved(order: Order) -> tuple[int, int, int, int]:
    """Shipped, delivered, returned and replaced units of the only line."""
    line = order.lines.get()
    figures = (
        line.shipped_quantity,
        line.delivered_quantity,
        line.returned_quantity,
        line.replaced_quantity,
    )
    shipped, delivered, back, replaced = map(int, figures)
    return shipped, delivered, back, replaced


def open_values(*more: str) -> list[tuple[str, ...]]:
    """Kind, what else is asked for, and both values of every open discrepancy."""
    found = Discrepancy.objects.filter(resolved_at__isnull=True).order_by("id")
    return list(found.values_list("kind", *more, "ours", "theirs"))
