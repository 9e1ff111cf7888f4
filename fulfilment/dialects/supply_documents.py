"""Documents of ours in the words of a supply-chain system: what left, came back, and is billed.

They have the fields of the documents of theirs; what goes back, goods or money, is below zero.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from fulfilment.sync.canonical import plain
from fulfilment.sync.units import converted_quantity
from sales.models import Invoice, InvoiceLine
from sales.pricing.money import Rounding, minor_units, round_money, round_to

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class SentOrder:
    """Which order a document is about; ``lots`` are their ids of its lines, by ours."""

    external_id: str
    number: str
    throughline_id: uuid.UUID
    lots: Mapping[str, str]
    factors: Mapping[str, Fraction | None]
    """How many of our unit make one of theirs, None where nobody knows, of the lines that they have
    in another unit."""

    def with_document(self, kind: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return the data of a message: a document, and which order it is about."""
        identity = {
            "throughline_id": str(self.throughline_id),
            "id": self.external_id or None,
            "number": self.number,
        }
        return {"order": identity, kind: document}

    def line(self, our_id: str) -> dict[str, Any]:
        """Say which line of the order it is; of one that is about none, nothing."""
        return {"id": self.lots.get(our_id), "throughline_id": our_id or None}

    def quantity(self, our_id: str, quantity: Decimal) -> str:
        """Write a quantity of a line in their unit of it.

        Raises NoExactQuantity for what is none in that unit.
        """
        if our_id not in self.factors or not quantity:
            return plain(quantity)
        factor = self.factors[our_id]
        converted = converted_quantity(quantity, 1 / factor) if factor is not None else None
        if converted is None:
            raise NoExactQuantity(our_id, quantity)
        return plain(converted)


class NoExactQuantity(Exception):
    """A quantity of a line is no exact one in the unit that the other system has it in."""

    def __init__(self, line: str, quantity: Decimal) -> None:
        super().__init__(line, quantity)
        self.line, self.quantity = line, quantity


@dataclass(frozen=True, slots=True)
class Goods:
    """What left or came back, by our ids of the lines; of what never left after all it is none."""

    number: str
    posted_on: dt.date
    quantities: Mapping[str, Decimal]
    is_return: bool
    is_replaced: bool


def write_goods(order: SentOrder, goods: Goods) -> dict[str, Any]:
    """Return a shipment or a return of ours."""
    sign = -1 if goods.is_return else 1
    document: dict[str, Any] = {
        "number": goods.number,
        "posted_on": goods.posted_on.isoformat(),
        "lines": [
            order.line(line) | {"quantity": order.quantity(line, sign * quantity)}
            for line, quantity in goods.quantities.items()
        ],
    }
    if not goods.is_return:
        return order.with_document("delivery", document)
    return order.with_document("return", document | {"replace": goods.is_replaced})


def write_invoice(
    order: SentOrder, invoice: Invoice, lines: Sequence[InvoiceLine], customer: str
) -> dict[str, Any]:
    """Return an invoice or a credit note of ours, with its cents; ``customer`` is their code."""
    written = [_billed(invoice, line) for line in lines]
    document: dict[str, Any] = {
        "number": invoice.number,
        "posted_on": _day(invoice.issued_on),
        "due_on": _day(invoice.due_on),
        "credits": invoice.credits.number if invoice.credits else None,
        "invoice_customer": customer,
        "currency": invoice.currency,
        "prices_include_tax": invoice.prices_include_tax,
        "lines": [
            order.line(str(line.order_line_id or "")) | _line(order, invoice, line, figures)
            for line, figures in zip(lines, written, strict=True)
        ],
        "totals": _totals(invoice, written),
    }
    if not invoice.is_credit_note:
        return order.with_document("invoice", document)
    document |= {"bill_again": invoice.bill_again, "reason": invoice.reason}
    return order.with_document("credit_note", document)


@dataclass(frozen=True, slots=True)
class _Billed:
    """A line before its share of the header discount, and that; with tax where prices have it."""

    amount: Decimal
    discount: Decimal


def _line(
    order: SentOrder, invoice: Invoice, line: InvoiceLine, figures: _Billed
) -> dict[str, Any]:
    billed = line.quantity if line.bills_units else ZERO
    quantity = -billed if invoice.is_credit_note else billed
    return {
        "description": line.description,
        "quantity": order.quantity(str(line.order_line_id or ""), quantity),
        "amount": _money(invoice, figures.amount),
        "tax_rate": plain(line.tax_rate or ZERO),
        "tax": _money(invoice, line.tax),
    }


def _totals(invoice: Invoice, lines: Sequence[_Billed]) -> dict[str, str]:
    return {
        "lines": _money(invoice, sum((each.amount for each in lines), ZERO)),
        "discount": _money(invoice, sum((each.discount for each in lines), ZERO)),
        "charges": _money(invoice, invoice.freight),
        "tax": _money(invoice, invoice.tax),
        "total": _money(invoice, invoice.total),
    }


def _money(invoice: Invoice, amount: Decimal) -> str:
    """Write an amount of an invoice; those of a credit note are below zero."""
    signed = -amount if invoice.is_credit_note else amount
    return f"{round_to(signed, minor_units(invoice.currency)):f}"


def _billed(invoice: Invoice, line: InvoiceLine) -> _Billed:
    if not invoice.prices_include_tax:
        return _Billed(line.net, line.header_discount)
    rate, rounding = line.tax_rate or ZERO, Rounding(invoice.rounding)
    discount = round_money(line.header_discount * (1 + rate), invoice.currency, rounding)
    return _Billed(line.taxable + line.tax + discount, discount)


def _day(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
