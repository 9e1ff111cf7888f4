"""Explanations of a stored document's figures, step by step."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from django.db.models import Q

from common.sentences import sentence as _
from sales.models import AnyDocument, DocumentLine, Invoice, InvoiceLine, OrderLine
from sales.pricing.errors import PricingError
from sales.pricing.explanations import Explanation, Step, explain_document
from sales.pricing.money import Rounding
from sales.pricing.partial import Portion, next_part
from sales.services.billing.ledgers import amounts_of, credited_portions, sum_portions
from sales.services.documents.totals import price_lines

ZERO = Decimal(0)
FIGURES = ("taxable", "header discount", "discount", "tax", "promotion", "charge")
"""What a part takes of its whole, in the order of ``Amounts.figures``."""

PART = "{} × (billed before + quantity) ÷ ordered − {} billed before"
REST = _("the last part takes what is left")
TAKEN_OFF = _(
    "in proportion to what is sold here, of what was left to sell at its tax rate; "
    "never more than is sold here"
)
MOVED = _("as computed when it was drafted; what was billed before has changed since")


def explain(document: AnyDocument, lines: Sequence[DocumentLine]) -> Explanation:
    """Explain how each figure of a document was computed.

    Quotes, orders and free invoices are worked out from their lines; an invoice of an order, or a
    credit note, takes its part of what was agreed before.
    """
    if isinstance(document, Invoice) and document.takes_agreed_figures:
        return _explain_parts(document, [line for line in lines if isinstance(line, InvoiceLine)])
    return explain_document(price_lines(document, lines))


def _explain_parts(invoice: Invoice, lines: Sequence[InvoiceLine]) -> Explanation:
    wholes = _wholes(invoice)
    before = _taken_before(invoice)
    steps = {
        str(line.pk): _part_steps(invoice, line, wholes.get(line.pk), before) for line in lines
    }
    return Explanation(steps, tuple(_sums(invoice, lines)))


def _wholes(invoice: Invoice) -> dict[uuid.UUID, OrderLine | InvoiceLine]:
    """Find what each line is a part of: an ordered line, or the invoiced line it credits."""
    related = "credits_line" if invoice.credits_id else "order_line"
    found = invoice.lines.filter(**{f"{related}__isnull": False}).select_related(related)
    return {line.pk: getattr(line, related) for line in found}


def _taken_before(invoice: Invoice) -> dict[uuid.UUID, Portion]:
    """Sum what earlier documents took of the same lines (ids sort by time)."""
    if invoice.credits_id:
        earlier = InvoiceLine.objects.filter(
            invoice__credits=invoice.credits_id, invoice__lt=invoice.pk
        )
        return credited_portions(earlier)
    kind = Invoice.Kind
    counted = Q(invoice__kind=kind.INVOICE) | Q(invoice__bill_again=True)
    earlier = InvoiceLine.objects.filter(
        counted, order_line__order=invoice.order_id, invoice__lt=invoice.pk
    )
    taken: defaultdict[uuid.UUID, Portion] = defaultdict(Portion)
    for summed in sum_portions(earlier, "order_line"):
        if summed.kind == kind.CREDIT_NOTE:
            taken[summed.line_id] -= summed.portion
        else:
            taken[summed.line_id] += summed.portion
    return dict(taken)


def _part_steps(
    invoice: Invoice,
    line: InvoiceLine,
    whole: OrderLine | InvoiceLine | None,
    before: Mapping[uuid.UUID, Portion],
) -> tuple[Step, ...]:
    if whole is None:
        return _down_payment_steps(line)
    taken = before.get(whole.pk, Portion())
    if line.is_deduction and isinstance(whole, OrderLine):
        return _deduction_steps(line, whole, taken)
    return _unit_steps(invoice, line, whole, taken)


def _unit_steps(
    invoice: Invoice, line: InvoiceLine, whole: OrderLine | InvoiceLine, taken: Portion
) -> tuple[Step, ...]:
    """A part in units: of an ordered line, or of the invoiced line that it credits."""
    as_worked_out = _still_follows(invoice, line, whole, taken)
    figures = zip(
        FIGURES,
        amounts_of(whole).figures,
        taken.amounts.figures,
        amounts_of(line).figures,
        strict=True,
    )
    steps = [
        Step(
            name,
            PART.format(name, name) if as_worked_out else name,
            {
                f"{name} agreed": agreed,
                "ordered": whole.quantity,
                "billed before": taken.quantity,
                "quantity": line.quantity,
                f"{name} billed before": already,
            },
            result,
            REST if as_worked_out else MOVED,
        )
        for name, agreed, already, result in figures
        if agreed or result
    ]
    net = {"taxable": line.taxable, "header discount": line.header_discount}
    return (
        *steps,
        Step("net", "taxable + header discount", net, line.net),
        Step("gross", "net + tax", {"net": line.net, "tax": line.tax}, line.gross),
    )


def _deduction_steps(line: InvoiceLine, whole: OrderLine, taken: Portion) -> tuple[Step, ...]:
    """What an invoice takes off of a trade-in or rebate: its part of what is left of it."""
    figures = (
        ("net", whole.net, taken.amounts.net, line.net),
        ("tax", whole.tax, taken.amounts.tax, line.tax),
    )
    return (
        *(
            Step(
                name,
                "its part of what is left to take off",
                {f"{name} agreed": agreed, f"{name} billed before": already},
                result,
                TAKEN_OFF,
            )
            for name, agreed, already, result in figures
        ),
        Step("gross", "net + tax", {"net": line.net, "tax": line.tax}, line.gross),
    )


def _down_payment_steps(line: InvoiceLine) -> tuple[Step, ...]:
    """A down payment, or what is deducted of one: its part at one tax rate."""
    rate = line.tax_rate or ZERO
    net, tax = "as typed", "net × tax rate"
    if line.is_ahead:
        net = "this tax rate's part of the amount, without its tax"
        tax = "the order's tax at this rate × what is asked of it"
    return (
        Step("net", net, {"tax rate": rate}, line.net),
        Step("tax", tax, {"net": line.net, "tax rate": rate}, line.tax),
        Step("gross", "net + tax", {"net": line.net, "tax": line.tax}, line.gross),
    )


def _still_follows(
    invoice: Invoice, line: InvoiceLine, whole: OrderLine | InvoiceLine, taken: Portion
) -> bool:
    """Return whether computing the part again gives the stored figures."""
    try:
        part = next_part(
            Portion(whole.quantity, amounts_of(whole)),
            taken,
            line.quantity,
            currency=invoice.currency,
            rounding=Rounding(invoice.rounding),
        )
    except PricingError:
        return False
    return part.amounts.figures == amounts_of(line).figures


def _sums(invoice: Invoice, lines: Sequence[InvoiceLine]) -> list[Step]:
    def each(figure: Callable[[InvoiceLine], Decimal]) -> dict[str, Decimal]:
        return {str(line.pk): figure(line) for line in lines if line.counts}

    pre_freight = {"detail": invoice.detail, "discount": invoice.discount}
    total = {"pre-freight": invoice.pre_freight, "freight": invoice.freight, "tax": invoice.tax}
    discount = Step(
        "discount", "Σ header discount", each(lambda line: line.header_discount), invoice.discount
    )
    return [
        Step("detail", "Σ net", each(lambda line: line.net), invoice.detail),
        *([discount] if invoice.discount else []),
        Step("pre-freight", "detail − discount", pre_freight, invoice.pre_freight),
        Step("tax", "Σ tax", each(lambda line: line.tax), invoice.tax),
        Step("total", "pre-freight + freight + tax", total, invoice.total),
    ]
