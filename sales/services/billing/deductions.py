"""Deductions of an order: its trade-ins and rebates, taken off its invoices and closed with it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext

from common.formatting import format_money, format_rate
from sales.models import Invoice, Order, OrderLine
from sales.pricing.advances import TaxAmount
from sales.pricing.deduction_lines import DeductionLine, amounts_off
from sales.pricing.ledger import Ledger
from sales.pricing.partial import Amounts
from sales.services.billing.down_payments import join_names
from sales.services.billing.ledgers import amounts_of, put_amounts
from sales.services.errors import AlreadyBilled, BelowBilled

ZERO, ONE = Decimal(0), Decimal(1)


def price_of(document: Order | Invoice, amounts: Amounts) -> Decimal:
    """Return the price of one piece that comes to these figures, as prices of the document are."""
    return amounts.gross if document.prices_include_tax else amounts.net


def close_deductions(
    order: Order, lines: Sequence[OrderLine], before: Ledger, closed: Ledger
) -> None:
    """Put on trade-ins and rebates what is left of them; what is closed in part is one amount."""
    known = {line.key: line.agreed for line in before.deduction_lines}
    kept = {line.key: line.agreed for line in closed.deduction_lines}
    for line in lines:
        key = str(line.pk)
        if key in kept and kept[key] != known[key]:
            _keep(order, line, kept[key])


def _keep(order: Order, line: OrderLine, kept: TaxAmount) -> None:
    amounts = amounts_off(kept)
    line.quantity = ONE if kept else ZERO
    if kept:
        line.unit_price, line.price_quantity = price_of(order, amounts), ONE
    put_amounts(line, amounts)


def refuse_less_than_taken(line: OrderLine, known: DeductionLine, currency: str) -> None:
    """Refuse a trade-in or rebate of less than what invoices have taken off."""
    if known.taken.beyond(-TaxAmount.of(amounts_of(line))):
        raise AlreadyBilled(
            gettext(
                "%(line)s has taken %(taken)s off invoices already: "
                "let it take off that at least, or credit the invoice first."
            )
            % {"line": line.description, "taken": format_money(known.taken.taxable, currency)},
            line=str(line.pk),
        )


def refuse_under_billed(order: Order, before: Ledger, after: Ledger) -> None:
    """Refuse a change that takes the order, at a tax rate, under what is billed of it."""
    rates = after.goes_under(before)
    if not rates:
        return
    to_credit = list(
        order.invoices.filter(kind=Invoice.Kind.INVOICE, number__isnull=False)
        .exclude(what__in=Invoice.AHEAD)
        .exclude(status=Invoice.Status.CANCELLED)
        .order_by("id")
    )
    raise BelowBilled(
        gettext(
            "At %(rate)s tax %(order)s would come to less than is billed: reduce the trade-in or "
            "rebate, or credit %(invoices)s first."
        )
        % {
            "rate": format_rate(rates[0]),
            "order": order,
            "invoices": join_names(to_credit) or gettext("the draft invoice"),
        },
        to_credit,
    )
