"""Integrity check of ledgers: each order with down payments or trade-ins against its own ledger."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Prefetch, Q

from sales.models import DocumentLine, Invoice, Order, OrderLine
from sales.pricing.ledger import Ledger
from sales.services.billing.ledgers import read_ledger
from sales.services.integrity.verification import Mismatch, register_check

CHUNK = 500
Status = Order.Status


def ledgers() -> Iterator[Mismatch]:
    """Read the ledger of every submitted order with a down payment, a trade-in or a rebate.

    Those completed are compared in SQL, rate by rate.
    """
    asked = Invoice.objects.filter(lines__kind__in=DocumentLine.AHEAD).values("order")
    deducts = OrderLine.objects.filter(kind__in=DocumentLine.DEDUCTIONS).values("order")
    orders = Order.objects.filter(Q(pk__in=asked) | Q(pk__in=deducts), status=Status.SUBMITTED)
    lines_in_order = OrderLine.objects.select_related("product").order_by("position")
    with_lines = orders.prefetch_related(Prefetch("lines", lines_in_order))
    for order in with_lines.iterator(chunk_size=CHUNK):
        lines = list(order.lines.all())
        ledger = read_ledger(order, lines)
        if ledger.is_overdrawn:
            yield Mismatch(str(order), "what is deducted", "more than was asked", "within it")
        if ledger.shortfall() and not _came_back(ledger):
            yield Mismatch(
                str(order), "what is to be taken off", "more than is left to bill", "within it"
            )
        if _should_be_complete(ledger, lines):
            yield Mismatch(str(order), "status", order.status, Status.COMPLETED)


def register() -> None:
    """Register the check."""
    register_check("ledgers of orders with down payments or trade-ins are open", ledgers)


def _came_back(ledger: Ledger) -> bool:
    """Return whether goods came back that are never billed."""
    return any(line.units.gone > line.units.closed for line in ledger.lines)


def _should_be_complete(ledger: Ledger, lines: list[OrderLine]) -> bool:
    """Return whether nothing is open; an order of nothing stays as it is."""
    is_drafted = any(line.drafted_quantity for line in lines)
    return ledger.is_closed and not is_drafted and any(line.units.ordered for line in ledger.lines)
