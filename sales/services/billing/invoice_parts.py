"""Invoices as parts of an order: head and lines with the figures that the ledger gives them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal

from common.identifiers import uuid7
from sales.models import Invoice, InvoiceLine, Order, OrderLine
from sales.pricing.deduction_lines import amounts_off
from sales.pricing.next_documents import NextInvoice
from sales.pricing.partial import Amounts
from sales.services.billing.deductions import price_of
from sales.services.billing.down_payments import deduction_lines
from sales.services.billing.ledgers import amounts_of, put_amounts
from sales.services.documents.copying import carried_from, copy_head
from sales.services.documents.totals import head_figures

ZERO, ONE = Decimal(0), Decimal(1)


def head_of(order: Order, what: Invoice.What | str, **fields: str) -> Invoice:
    """Make the unsaved head of an invoice; the discounts of the order come with its lines."""
    return copy_head(
        order,
        Invoice,
        id=uuid7(),
        order=order,
        what=what,
        discount_amount=ZERO,
        discount_rate=ZERO,
        **fields,
    )


def put_part(invoice: Invoice, lines: Sequence[OrderLine], part: NextInvoice) -> list[InvoiceLine]:
    """Make the unsaved lines of a part of an order, and put their sums on the invoice's head."""
    parts = [
        part_line(invoice, line, portion.quantity, portion.amounts, order_line=line)
        for line in lines
        if (portion := part.parts.get(str(line.pk)))
    ]
    parts += [
        _deducted_line(invoice, line, amounts_off(taken))
        for line in lines
        if (taken := part.taken_off.get(str(line.pk)))
    ]
    position = max((each.position for each in parts), default=0) + 1
    parts += deduction_lines(invoice, part, position=position)
    add_up(invoice, parts, freight=part.freight)
    return parts


def part_line(
    invoice: Invoice,
    line: OrderLine | InvoiceLine,
    quantity: Decimal,
    amounts: Amounts,
    **references: OrderLine | InvoiceLine | uuid.UUID | None,
) -> InvoiceLine:
    """Make the line that bills or credits so many units of another line at these figures."""
    carried = carried_from(line) | {
        "quantity": quantity,
        "discount_amount": None,
        "discount_rate": None,
        "charge_amount": ZERO,
    }
    part = InvoiceLine(id=uuid7(), invoice=invoice, **references, **carried)
    put_amounts(part, amounts)
    return part


def add_up(invoice: Invoice, parts: Sequence[InvoiceLine], *, freight: Decimal) -> None:
    """Put the sums of an invoice's lines on its head."""
    for name, figure in head_figures(parts, freight).items():
        setattr(invoice, name, figure)


def _deducted_line(invoice: Invoice, line: OrderLine, amounts: Amounts) -> InvoiceLine:
    """Make the line that takes a trade-in or rebate off: all as it was ordered, or an amount."""
    if amounts.figures == amounts_of(line).figures:
        return part_line(invoice, line, line.quantity, amounts, order_line=line)
    part = part_line(invoice, line, ONE, amounts, order_line=line)
    part.unit_price, part.price_quantity = price_of(invoice, amounts), ONE
    return part
