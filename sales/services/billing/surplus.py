"""Surplus of an order: what was asked ahead and no invoice can deduct any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sales.models import Invoice, Order, OrderLine
from sales.pricing.ledger import Ledger
from sales.services.billing.ledgers import read_ledger


@dataclass(frozen=True, slots=True)
class Surplus:
    """How much cannot be deducted, tax included, and the down payment that takes it back first."""

    amount: Decimal
    down_payment: Invoice


def find_surplus(
    order: Order,
    *,
    lines: Sequence[OrderLine] | None = None,
    invoices: Sequence[Invoice] | None = None,
    ledger: Ledger | None = None,
) -> Surplus | None:
    """Find what is to be credited, or whose draft deleted, before the order can be complete.

    Reads the ledger only where something is asked ahead; a caller that has read it, the order's
    lines or invoices passes them.
    """
    if not order.is_binding:
        return None
    read = order.invoices.order_by("id") if invoices is None else invoices
    ahead = [each for each in read if _is_open_ahead(each)]
    drafts = [each for each in ahead if each.is_draft]
    if not ahead:
        return None
    ledger = read_ledger(order, lines) if ledger is None else ledger
    at_rates = sum((each.gross for each in ledger.surplus().values()), Decimal(0))
    amount = at_rates + ledger.freight_surplus
    return Surplus(amount, (drafts or ahead)[-1]) if amount else None


def _is_open_ahead(invoice: Invoice) -> bool:
    return invoice.asks_ahead and not invoice.is_credit_note and invoice.open_to_credit > 0
