"""Ledger of an order, read from its lines and from the invoices and credit notes that bill it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from django.db.models import Q, QuerySet, Sum

from sales.models import DocumentLine, Invoice, InvoiceLine, Order, OrderLine
from sales.models.line_kinds import FACTS
from sales.pricing.advances import NO_ADVANCE, Advance, TaxAmount
from sales.pricing.deduction_lines import DeductionLine
from sales.pricing.ledger import Ledger
from sales.pricing.ledger_lines import LedgerLine
from sales.pricing.money import Rounding
from sales.pricing.partial import Amounts, Portion
from sales.services.billing.bundle_units import parts_of

ZERO = Decimal(0)
EVERYTHING = Q()


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


def read_ledger(
    order: Order, lines: Sequence[OrderLine] | None = None, *, before: Invoice | None = None
) -> Ledger:
    """Read an order's ledger in three statements, and one more without its lines.

    The lines come with their products; drafts count as billed, and as asked ahead and deducted.
    With ``before`` only what was drafted before that invoice counts (ids sort by time).
    """
    if lines is None:
        lines = list(order.lines.select_related("product").order_by("position"))
    earlier = EVERYTHING if before is None else Q(invoice__lt=before.pk)
    portions, drafted, credited = _billed_portions(order, earlier)
    advances = _read_advances(order, earlier)
    freight_billed, freight_credited = _freight_billed(order, before)
    counting = [line for line in lines if line.counts]
    return Ledger(
        order.currency,
        Rounding(order.rounding),
        tuple(
            _ledger_line(line, portions, drafted, counts_all=before is None)
            for line in counting
            if line.is_sold
        ),
        parts={str(pk): part for pk, part in parts_of(counting).items()},
        deduction_lines=tuple(
            _deduction_line(line, portions) for line in counting if line.is_deduction
        ),
        freight=order.freight,
        freight_billed=freight_billed,
        advances=advances.by_rate,
        freight_advance=advances.freight,
        credited=credited,
        freight_credited=freight_credited,
    )


def _ledger_line(
    line: OrderLine,
    portions: Mapping[uuid.UUID, Portion],
    drafted: Mapping[uuid.UUID, Portion],
    *,
    counts_all: bool,
) -> LedgerLine:
    """Make a line in units; where not all is counted, they are billed as the portions say."""
    portion, units = portions.get(line.pk, Portion()), line.units
    if not counts_all:
        units = replace(units, billed=portion.quantity)
    return LedgerLine(
        str(line.pk),
        line.tax_rate or ZERO,
        units,
        amounts_of(line),
        portion.amounts,
        drafted.get(line.pk, Portion()).amounts,
    )


def _deduction_line(line: OrderLine, portions: Mapping[uuid.UUID, Portion]) -> DeductionLine:
    taken = -TaxAmount.of(portions.get(line.pk, Portion()).amounts)
    return DeductionLine(
        str(line.pk), line.tax_rate or ZERO, -TaxAmount.of(amounts_of(line)), taken
    )


def amounts_of(line: OrderLine | InvoiceLine) -> Amounts:
    """Return the stored figures of a line."""
    return Amounts(
        line.taxable,
        line.header_discount,
        line.discount,
        line.tax,
        line.promotion_discount,
        line.charge,
    )


def put_amounts(line: OrderLine | InvoiceLine, amounts: Amounts) -> None:
    """Put figures on a line."""
    line.base, line.discount, line.net = amounts.base, amounts.discount, amounts.net
    line.header_discount, line.tax, line.gross = (
        amounts.header_discount,
        amounts.tax,
        amounts.gross,
    )
    line.promotion_discount, line.charge = amounts.promotion, amounts.charge


@dataclass(frozen=True, slots=True)
class SummedPortion:
    """What invoices of one kind and status have of a line at one tax rate."""

    line_id: uuid.UUID
    tax_rate: Decimal | None
    kind: str
    bill_again: bool
    status: str
    portion: Portion


def sum_portions(
    lines: QuerySet[InvoiceLine], by: Literal["order_line", "credits_line"]
) -> Iterator[SummedPortion]:
    """Add up lines in one statement: by what they bill, or by what they credit."""
    rows = (
        lines.values_list(by, "tax_rate", "invoice__kind", "invoice__bill_again", "invoice__status")
        .annotate(
            Sum("quantity"),
            Sum("net"),
            Sum("header_discount"),
            Sum("discount"),
            Sum("tax"),
            Sum("promotion_discount"),
            Sum("charge"),
        )
        .order_by()
    )
    for pk, rate, kind, again, status, quantity, net, header_discount, *others in rows:
        discount, tax, promotion, charge = others
        amounts = Amounts(net - header_discount, header_discount, discount, tax, promotion, charge)
        yield SummedPortion(pk, rate, kind, again, status, Portion(quantity, amounts))


def credited_portions(credits_: QuerySet[InvoiceLine]) -> dict[uuid.UUID, Portion]:
    """Return what lines of credit notes credit of each line of an invoice, in one statement."""
    credited: defaultdict[uuid.UUID, Portion] = defaultdict(Portion)
    for summed in sum_portions(credits_, "credits_line"):
        credited[summed.line_id] += summed.portion
    return dict(credited)


def taken_off(order: Order, lines: Iterable[OrderLine]) -> dict[uuid.UUID, TaxAmount]:
    """Return what an order's trade-ins and rebates have taken off invoices and drafts.

    One statement, and none for an order without any.
    """
    deductions = [line for line in lines if line.is_deduction]
    billed = _billed_portions(order)[0] if deductions else {}
    return {line.pk: -TaxAmount.of(billed.get(line.pk, Portion()).amounts) for line in deductions}


def _billed_portions(
    order: Order, earlier: Q = EVERYTHING
) -> tuple[dict[uuid.UUID, Portion], dict[uuid.UUID, Portion], dict[Decimal, TaxAmount]]:
    """Sum each order line on all invoices, and on drafts; per rate what was credited for good.

    Credits that bill again give back what is billed; a credit for good leaves it.
    """
    lines = InvoiceLine.objects.filter(earlier, order_line__order=order)
    billed: defaultdict[uuid.UUID, Portion] = defaultdict(Portion)
    drafted: defaultdict[uuid.UUID, Portion] = defaultdict(Portion)
    credited: defaultdict[Decimal, TaxAmount] = defaultdict(TaxAmount)
    for summed in sum_portions(lines, "order_line"):
        if summed.kind == Invoice.Kind.INVOICE:
            billed[summed.line_id] += summed.portion
            if summed.status == Invoice.Status.DRAFT:
                drafted[summed.line_id] += summed.portion
        elif summed.bill_again:
            billed[summed.line_id] -= summed.portion
        else:
            credited[summed.tax_rate or ZERO] += TaxAmount.of(summed.portion.amounts)
    return dict(billed), dict(drafted), dict(credited)


def _freight_billed(order: Order, before: Invoice | None) -> tuple[Decimal, Decimal]:
    """Sum the freight on invoices, less credits that bill again, and that credited for good."""
    invoices, credits_ = Q(kind=Invoice.Kind.INVOICE), Q(kind=Invoice.Kind.CREDIT_NOTE)
    counted = order.invoices.all() if before is None else order.invoices.filter(pk__lt=before.pk)
    carried = counted.aggregate(
        on_invoices=Sum("freight", filter=invoices, default=ZERO),
        given_back=Sum("freight", filter=credits_ & Q(bill_again=True), default=ZERO),
        for_good=Sum("freight", filter=credits_ & Q(bill_again=False), default=ZERO),
    )
    return carried["on_invoices"] - carried["given_back"], carried["for_good"]


def _read_advances(order: Order, earlier: Q) -> _Advances:
    """Sum the order's issued and drafted down payments, and what invoices deducted of them."""
    rows = (
        InvoiceLine.objects.filter(earlier, invoice__order=order, kind__in=DocumentLine.AHEAD)
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
