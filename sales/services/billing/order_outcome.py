"""Outcome of an order: what it comes to, where that is not what was ordered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from sales.models import Invoice, InvoiceLine, Order, OrderLine
from sales.pricing.advances import TaxAmount
from sales.pricing.ledger import Ledger
from sales.services.billing.bundle_units import bills_part
from sales.services.billing.ledgers import read_ledger

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an order comes to, and why that is not its total. All with tax and freight."""

    not_billed: Decimal
    """What came back before it was billed, and the freight that goes with it."""
    not_taken_off: Decimal
    """What trade-ins and rebates cannot take off any more."""
    credited: Decimal
    """What was credited and is not billed again."""
    total: Decimal
    """What invoices less credit notes come to once nothing is open."""


@dataclass(frozen=True, slots=True)
class BilledReturn:
    """Goods that came back for good and stay billed, and the invoice that bills them."""

    line: OrderLine
    quantity: Decimal
    invoice: Invoice


@dataclass(frozen=True, slots=True)
class OverbillingDraft:
    """A draft that cannot be issued, and how much more of a line drafts bill than is open."""

    line: OrderLine
    quantity: Decimal
    draft: Invoice


def differs(lines: Iterable[OrderLine]) -> bool:
    """Whether units of an order came back for good, or were credited for good."""
    return any(
        line.returned_quantity != line.replaced_quantity or line.closed_quantity for line in lines
    )


def find_outcome(
    order: Order, lines: Sequence[OrderLine], ledger: Ledger | None = None
) -> Outcome | None:
    """Find what an order comes to, if that may differ from its total.

    Reads the ledger only then; a caller that has read it passes it.
    """
    if not order.is_binding or not differs(lines):
        return None
    ledger = read_ledger(order, lines) if ledger is None else ledger
    outcome = Outcome(
        not_billed=_gross(ledger.not_billed().values()) + order.freight - ledger.freight_whole,
        not_taken_off=_gross(ledger.shortfall().values()),
        credited=_gross(ledger.credited.values()) + ledger.freight_credited,
        total=_gross(ledger.comes_to().values()) + ledger.freight_whole - ledger.freight_credited,
    )
    return outcome if outcome.total != order.total else None


def billed_returns(lines: Sequence[OrderLine]) -> list[BilledReturn]:
    """Find the goods that came back for good and stay billed; one statement if there are any."""
    back = {
        line: line.units.billed_returned
        for line in lines
        if line.is_sold and not line.is_billed_with_bundle and line.units.billed_returned
    }
    invoices = _last_billing(back, Q(invoice__issued_on__isnull=False))
    return [
        BilledReturn(line, quantity, invoices[line.pk])
        for line, quantity in back.items()
        if line.pk in invoices
    ]


def overbilling_drafts(lines: Sequence[OrderLine]) -> list[OverbillingDraft]:
    """Find the drafts of goods that came back since; one statement if there are any."""
    beyond = {
        line: line.units.drafted - line.units.open_to_issue
        for line in lines
        if line.is_sold and not line.is_billed_with_bundle and line.drafted_quantity
    }
    over = {line: quantity for line, quantity in beyond.items() if quantity > 0}
    drafts = _last_billing(over, Q(invoice__status=Invoice.Status.DRAFT))
    return [
        OverbillingDraft(line, quantity, drafts[line.pk])
        for line, quantity in over.items()
        if line.pk in drafts
    ]


def returns_to_credit(
    lines: Sequence[InvoiceLine], left: Mapping[UUID, Decimal]
) -> dict[UUID, Decimal]:
    """Return how much of what is left of an invoice's lines came back for good and stays billed.

    Several lines may bill the same line of the order: together they are given no more than came
    back.
    """
    sold = [
        line for line in lines if line.order_line_id and line.bills_units and not bills_part(line)
    ]
    order_lines = OrderLine.objects.select_related("product").in_bulk(
        {line.order_line_id for line in sold}
    )
    open_returns = {pk: line.units.billed_returned for pk, line in order_lines.items()}
    found = {}
    for line in sold:
        found[line.pk] = min(left.get(line.pk, ZERO), open_returns[line.order_line_id])
        open_returns[line.order_line_id] -= found[line.pk]
    return found


def _last_billing(lines: Collection[OrderLine], which: Q) -> dict[UUID, Invoice]:
    """Return the last of those invoices that bills units of each line which are not credited."""
    if not lines:
        return {}
    parts = InvoiceLine.objects.filter(
        which, order_line__in=lines, invoice__kind=Invoice.Kind.INVOICE
    )
    credited = Coalesce(Sum("credited_by__quantity"), ZERO)
    billing = (
        parts.annotate(credited=credited)
        .filter(Q(quantity__gt=F("credited")))
        .select_related("invoice")
        .order_by("invoice_id")
    )
    return {part.order_line_id: part.invoice for part in billing if part.order_line_id}


def _gross(amounts: Iterable[TaxAmount]) -> Decimal:
    return sum((amount.gross for amount in amounts), ZERO)
