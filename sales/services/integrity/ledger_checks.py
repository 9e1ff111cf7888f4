"""Integrity checks of ledgers: orders with down payments or trade-ins, and drafts, against them."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Prefetch, Q

from common.formatting import format_quantity
from sales.models import DocumentLine, Invoice, Order, OrderLine
from sales.pricing.ledger import Ledger
from sales.services.billing.draft_room import billed_portions
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


def drafts_beyond_open() -> Iterator[Mismatch]:
    """Name each line of which a draft invoice bills more than is open without the drafts.

    Goods came back since, so that the draft cannot be issued: somebody is to delete it.
    """
    bills_units = Q(kind=Invoice.Kind.INVOICE) & ~Q(what__in=Invoice.AHEAD)
    drafts = Invoice.objects.filter(bills_units, status=Invoice.Status.DRAFT, order__isnull=False)
    for order in Order.objects.filter(pk__in=drafts.values("order")).order_by("id"):
        ledger = read_ledger(order)
        for draft in drafts.filter(order=order).prefetch_related("lines").order_by("id"):
            yield from _beyond_open(ledger, draft)


def _beyond_open(ledger: Ledger, draft: Invoice) -> Iterator[Mismatch]:
    lines = [line for line in draft.lines.all() if line.bills_units]
    beyond = ledger.beyond_open(billed_portions(lines))
    for line in lines:
        if left := beyond.get(str(line.order_line_id)):
            name = f"draft {draft.pk}, line {line.position}"
            at_most = f"{format_quantity(left.quantity)} at most"
            yield Mismatch(name, "quantity", format_quantity(line.quantity), at_most)


def register() -> None:
    """Register the checks."""
    register_check("drafts bill what is open", drafts_beyond_open)
    register_check("ledgers of orders with down payments or trade-ins are open", ledgers)


def _came_back(ledger: Ledger) -> bool:
    """Return whether goods came back that are never billed."""
    return any(line.units.gone > line.units.closed for line in ledger.lines)


def _should_be_complete(ledger: Ledger, lines: list[OrderLine]) -> bool:
    """Return whether nothing is open; an order of nothing stays as it is."""
    is_drafted = any(line.drafted_quantity for line in lines)
    return ledger.is_closed and not is_drafted and any(line.units.ordered for line in ledger.lines)
