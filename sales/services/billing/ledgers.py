"""Ledger of an order, read from its lines and from the invoices and credit notes that bill it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum

from sales.models import DocumentLine, Invoice, InvoiceLine, Order, OrderLine
from sales.models.line_kinds import FACTS
from sales.pricing.advances import NO_ADVANCE, Advance, TaxAmount
from sales.pricing.deduction_lines import DeductionLine
from sales.pricing.ledger import Ledger
from sales.pricing.ledger_lines import LedgerLine
from sales.pricing.money import Rounding
from sales.pricing.partial import NOTHING, Amounts, Portion

ZERO = Decimal(0)
KEEPS_BILLED = Q(invoice__kind=Invoice.Kind.INVOICE) | Q(invoice__bill_again=True)
"""Lines that change what is billed: a credit for good leaves it."""


@dataclass(slots=True)
class _Advances:
    """What was asked ahead and deducted, per tax rate and for freight."""

    by_rate: dict[Decimal, Advance] = field(default_factory=dict)
    freight: Advance = NO_ADVANCE

    def add(self, line_kind: str, rate: Decimal | None, advance: Advance) -> None:
        if not FACTS[line_kind].is_taxed:
            self.freight += advance
        else:
            rate = rate or ZERO
            self.by_rate[rate] = self.by_rate.get(rate, NO_ADVANCE) + advance


def read_ledger(order: Order, lines: Sequence[OrderLine] | None = None) -> Ledger:
    """Read an order's ledger in three statements, and one more without its lines.

    The lines come with their products; drafts count as billed, and as asked ahead and deducted.
    """
    if lines is None:
        lines = list(order.lines.select_related("product").order_by("position"))
    billed = _billed_amounts(order)
    advances = _read_advances(order)
    counting = [line for line in lines if line.counts]
    return Ledger(
        order.currency,
        Rounding(order.rounding),
        tuple(
            LedgerLine(
                str(line.pk),
                line.tax_rate or ZERO,
                line.units,
                amounts_of(line),
                billed.get(line.pk, NOTHING),
            )
            for line in counting
            if line.is_sold
        ),
        tuple(
            DeductionLine(
                str(line.pk),
                line.tax_rate or ZERO,
                -TaxAmount.of(amounts_of(line)),
                -TaxAmount.of(billed.get(line.pk, NOTHING)),
            )
            for line in counting
            if line.is_deduction
        ),
        freight=order.freight,
        freight_billed=_freight_billed(order),
        advances=advances.by_rate,
        freight_advance=advances.freight,
    )


def amounts_of(line: OrderLine | InvoiceLine) -> Amounts:
    """Return the stored figures of a line."""
    return Amounts(
        line.net - line.header_discount,
        line.header_discount,
        line.discount,
        line.tax,
        line.promotion_discount,
    )


def put_amounts(line: OrderLine | InvoiceLine, amounts: Amounts) -> None:
    """Put figures on a line."""
    line.base, line.discount, line.net = amounts.base, amounts.discount, amounts.net
    line.header_discount, line.tax, line.gross = (
        amounts.header_discount,
        amounts.tax,
        amounts.gross,
    )
    line.promotion_discount = amounts.promotion


def sum_portions(
    lines: QuerySet[InvoiceLine], *by: str
) -> Iterator[tuple[tuple[Any, ...], Portion]]:
    """Add up lines in one statement by some columns; yields their values and the sums."""
    rows = (
        lines.values_list(*by)
        .annotate(
            Sum("quantity"),
            Sum("net"),
            Sum("header_discount"),
            Sum("discount"),
            Sum("tax"),
            Sum("promotion_discount"),
        )
        .order_by()
    )
    for *values, quantity, net, header_discount, discount, tax, promotion in rows:
        amounts = Amounts(net - header_discount, header_discount, discount, tax, promotion)
        yield tuple(values), Portion(quantity, amounts)


def taken_off(order: Order, lines: Iterable[OrderLine]) -> dict[uuid.UUID, TaxAmount]:
    """Return what an order's trade-ins and rebates have taken off invoices and drafts.

    One statement, and none for an order without any.
    """
    deductions = [line for line in lines if line.is_deduction]
    billed = _billed_amounts(order) if deductions else {}
    return {line.pk: -TaxAmount.of(billed.get(line.pk, NOTHING)) for line in deductions}


def _billed_amounts(order: Order) -> dict[uuid.UUID, Amounts]:
    """Sum each order line on invoices and drafts, less credits that bill again."""
    lines = InvoiceLine.objects.filter(KEEPS_BILLED, order_line__order=order)
    billed: defaultdict[uuid.UUID, Amounts] = defaultdict(Amounts)
    for (pk, kind), portion in sum_portions(lines, "order_line", "invoice__kind"):
        amounts = portion.amounts
        billed[pk] += -amounts if kind == Invoice.Kind.CREDIT_NOTE else amounts
    return dict(billed)


def _freight_billed(order: Order) -> Decimal:
    kind = Invoice.Kind
    carried = order.invoices.filter(Q(kind=kind.INVOICE) | Q(bill_again=True)).aggregate(
        on_invoices=Sum("freight", filter=Q(kind=kind.INVOICE), default=ZERO),
        on_credits=Sum("freight", filter=Q(kind=kind.CREDIT_NOTE), default=ZERO),
    )
    billed: Decimal = carried["on_invoices"] - carried["on_credits"]
    return billed


def _read_advances(order: Order) -> _Advances:
    """Sum the order's issued and drafted down payments, and what invoices deducted of them."""
    rows = (
        InvoiceLine.objects.filter(invoice__order=order, kind__in=DocumentLine.AHEAD)
        .values_list("kind", "tax_rate", "invoice__kind", "invoice__what", "invoice__status")
        .annotate(Sum("net"), Sum("tax"))
        .order_by("tax_rate")
    )
    advances = _Advances()
    for line_kind, rate, kind, what, status, net, tax in rows:
        amount = TaxAmount(net, tax)
        signed = -amount if kind == Invoice.Kind.CREDIT_NOTE else amount
        drafted = signed if status == Invoice.Status.DRAFT else TaxAmount()
        if what in Invoice.AHEAD:
            advances.add(line_kind, rate, Advance(asked=signed, drafted=drafted))
        else:
            advances.add(line_kind, rate, Advance(deducted=-signed, deducted_in_drafts=-drafted))
    return advances
