"""Sums of an order, added up from its documents, apart from the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from sales.models import Invoice, InvoiceLine, Order
from sales.services.billing.ledgers import read_ledger

ZERO = Decimal(0)
Figures = tuple[Decimal, Decimal]
"""Taxable and tax, or freight and nothing."""
Sums = dict[Decimal | str, Figures]
"""Figures by tax rate, and under ``freight``."""


def sums_of(invoices: Iterable[Invoice], *, kept: bool = False) -> Sums:
    """Add up invoices less credit notes, per tax rate and for freight.

    ``kept`` leaves out what was credited for good: it stays billed. A down payment that is credited
    is not asked for any more, whichever way.
    """
    sums: defaultdict[Decimal | str, Figures] = defaultdict(lambda: (ZERO, ZERO))
    for invoice in invoices:
        sign = -1 if invoice.is_credit_note else 1
        stays = kept and invoice.is_credit_note and not invoice.bill_again
        entries = [
            (side_of(line), line.net - line.header_discount, line.tax)
            for line in lines_of(invoice)
            if line.is_ahead or not stays
        ]
        for side, taxable, tax in [*entries, ("freight", ZERO if stays else invoice.freight, ZERO)]:
            sums[side] = (sums[side][0] + sign * taxable, sums[side][1] + sign * tax)
    return without_noughts(sums)


def lines_of(invoice: Invoice) -> list[InvoiceLine]:
    """Return the lines that count."""
    return [line for line in invoice.lines.all() if line.counts]


def side_of(line: InvoiceLine) -> Decimal | str:
    """Return the tax rate of a line, or ``freight``."""
    return "freight" if line.kind == "freight" else line.tax_rate or ZERO


def without_noughts(sums: Sums) -> Sums:
    """Leave out what comes to nothing."""
    return {side: figures for side, figures in sums.items() if any(figures)}


def agreed_with(order: Order) -> Sums:
    """Return what the order's own lines come to, and its freight."""
    sums: defaultdict[Decimal | str, Figures] = defaultdict(lambda: (ZERO, ZERO))
    for line in order.lines.all():
        if line.counts:
            taxable, tax = sums[line.tax_rate or ZERO]
            taxable += line.net - line.header_discount
            sums[line.tax_rate or ZERO] = (taxable, tax + line.tax)
    sums["freight"] = (order.freight, ZERO)
    return without_noughts(sums)


def negative_invoices() -> list[str]:
    """Name every invoice, and every credit note, with a side below zero."""
    found = []
    for invoice in Invoice.objects.prefetch_related("lines"):
        side = 1 if invoice.is_credit_note else 0
        for name, figures in sums_of([invoice]).items():
            if any(figure * (-1 if side else 1) < 0 for figure in figures):
                found.append(f"{invoice} ({invoice.pk}) comes to {figures} at {name}")
    return found


def unasked_deductions() -> list[str]:
    """Name every order whose issued invoices deduct what no issued down payment asked for."""
    found = []
    for order in Order.objects.filter(invoices__isnull=False).distinct():
        issued = order.invoices.filter(number__isnull=False).prefetch_related("lines")
        for side, figures in _ahead_of(issued).items():
            if min(figures) < 0:
                found.append(f"{order} deducts {figures} at {side} that nobody was asked for")
    return found


def _ahead_of(invoices: Iterable[Invoice]) -> Sums:
    """Add up what was asked ahead, less what was deducted and credited of both."""
    sums: defaultdict[Decimal | str, Figures] = defaultdict(lambda: (ZERO, ZERO))
    for invoice in invoices:
        sign = -1 if invoice.is_credit_note else 1
        for line in lines_of(invoice):
            if line.is_ahead:
                taxable, tax = sums[side_of(line)]
                sums[side_of(line)] = (taxable + sign * line.net, tax + sign * line.tax)
    return dict(sums)


def differing_sums() -> list[str]:
    """Name every completed order whose invoices less credits do not come to what was agreed."""
    found = []
    for order in Order.objects.filter(status=Order.Status.COMPLETED):
        invoices = order.invoices.prefetch_related("lines")
        sums, ledger = sums_of(invoices, kept=True), read_ledger(order)
        if not ledger.is_closed:
            found.append(f"{order} is completed, and its ledger is not closed")
        if any(each.asks_ahead and each.is_draft for each in invoices):
            found.append(f"{order} is completed, and a down payment is a draft")
        if any(line.units.gone > line.units.closed for line in ledger.lines):
            continue  # goods that came back are not billed at all
        if sums != agreed_with(order):
            found.append(f"{order}: {sums} invoiced, {agreed_with(order)} agreed")
    return found


def unfinished() -> list[str]:
    """Name every order that is still open, though nothing can be shipped, billed or credited."""
    return [
        f"{order} is still open" for order in Order.objects.filter(status=Order.Status.SUBMITTED)
    ]
