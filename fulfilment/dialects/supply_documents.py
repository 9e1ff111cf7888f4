"""Documents of ours in the words of a supply-chain system: what left, came back, and is billed.

They have the fields of the documents of theirs; what goes back, goods or money, is below zero.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fulfilment.sync.canonical import plain
from sales.models import Invoice, InvoiceLine
from sales.pricing.money import Rounding, minor_units, round_money, round_to

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class SentOrder:
    """Which order a document is about; ``lots`` are their ids of its lines, by ours."""

    external_id: str
    number: str
    throughline_id: uuid.UUID
    version: int
    knows: int
    lots: Mapping[str, str]

    @property
    def identity(self) -> dict[str, Any]:
        """What every document says of its order."""
        return {
            "throughline_id": str(self.throughline_id),
            "id": self.external_id or None,
            "number": self.number,
            "version": self.version,
            "knows": self.knows,
        }

    def line(self, our_id: str) -> dict[str, Any]:
        """Say which line of the order it is; of one that is about none, nothing."""
        return {"id": self.lots.get(our_id), "throughline_id": our_id or None}


def write_goods(
    order: SentOrder, shipment: Mapping[str, Any], posted_on: dt.date
) -> dict[str, Any]:
    """Return a shipment or a return of ours; ``shipment`` is the snapshot of its event."""
    is_return = shipment["direction"] == "return"
    lines = [
        order.line(line["order_line"])
        | {"quantity": plain(Decimal(line["quantity"]) * (-1 if is_return else 1))}
        for line in shipment["lines"]
    ]
    document: dict[str, Any] = {
        "number": shipment["reference"],
        "posted_on": posted_on.isoformat(),
        "lines": lines,
    }
    if not is_return:
        return {"order": order.identity, "delivery": document}
    return {
        "order": order.identity,
        "return": document | {"replace": shipment["is_replaced"]},
    }


def write_bill(
    order: SentOrder, invoice: Invoice, lines: Sequence[InvoiceLine], customer: str
) -> dict[str, Any]:
    """Return an invoice or a credit note of ours, with its cents."""
    sign = -1 if invoice.is_credit_note else 1
    written = [_billed(invoice, line) for line in lines]

    def money(amount: Decimal) -> str:
        return f"{round_to(sign * amount, minor_units(invoice.currency)):f}"

    document: dict[str, Any] = {
        "number": invoice.number,
        "posted_on": _day(invoice.issued_on),
        "due_on": _day(invoice.due_on),
        "credits": invoice.credits.number if invoice.credits else None,
        "invoice_customer": customer,
        "currency": invoice.currency,
        "prices_include_tax": invoice.prices_include_tax,
        "lines": [
            order.line(str(line.order_line_id or ""))
            | {
                "description": line.description,
                "quantity": plain(sign * line.quantity),
                "amount": money(figures.amount),
                "tax_rate": plain(line.tax_rate or ZERO),
                "tax": money(line.tax),
            }
            for line, figures in zip(lines, written, strict=True)
        ],
        "totals": {
            "lines": money(sum((each.amount for each in written), ZERO)),
            "discount": money(sum((each.discount for each in written), ZERO)),
            "charges": money(invoice.freight),
            "tax": money(invoice.tax),
            "total": money(invoice.total),
        },
    }
    if not invoice.is_credit_note:
        return {"order": order.identity, "invoice": document}
    document |= {"bill_again": invoice.bill_again, "reason": invoice.reason}
    return {"order": order.identity, "credit_note": document}


@dataclass(frozen=True, slots=True)
class _Billed:
    """A line before its share of the header discount, and that; with tax where prices have it."""

    amount: Decimal
    discount: Decimal


def _billed(invoice: Invoice, line: InvoiceLine) -> _Billed:
    if not invoice.prices_include_tax:
        return _Billed(line.net, line.header_discount)
    rate, rounding = line.tax_rate or ZERO, Rounding(invoice.rounding)
    discount = round_money(line.header_discount * (1 + rate), invoice.currency, rounding)
    return _Billed(line.net - line.header_discount + line.tax + discount, discount)


def _day(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
