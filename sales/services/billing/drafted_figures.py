"""Drafted figures: a draft invoice of an order has those of the order's ledger, and keeps them.

What services draft cannot be edited, but SQL can write it. So the draft is made once more from the
ledger, and compared; where the order has moved on since, only with what was drafted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext

from common.formatting import format_money, format_quantity, format_rate
from common.history import history_model
from sales.models import Invoice, InvoiceLine, Order, OrderLine, SalesEvent
from sales.pricing.errors import PricingError
from sales.services.billing.down_payments import draft_down_payment, share_of
from sales.services.billing.invoice_parts import head_of, put_part
from sales.services.billing.ledgers import read_ledger
from sales.services.documents.totals import HEAD_FIGURES, LINE_FIGURES
from sales.services.errors import FiguresDiffer

Type = SalesEvent.Type

LINE_COLUMNS = tuple(
    field.name
    for field in InvoiceLine._meta.concrete_fields
    if isinstance(field, models.DecimalField)
)
HEAD_COLUMNS = (*HEAD_FIGURES, "discount_amount", "discount_rate", "share_rate")
KEPT_LINE_COLUMNS = ("quantity", "promotion_discount", *LINE_FIGURES)
"""Columns of a line that no migration has filled in since it was drafted."""

COUNTED = frozenset({"quantity", "price_quantity"})
RATES = frozenset({"discount_rate", "tax_rate", "share_rate"})

MOVES = frozenset({Type.ORDER_CHANGED, Type.INVOICE_DRAFT_DELETED, Type.INVOICE_CREDITED})
"""What changes of an order that its ledger, as it was before a draft, is not known any more."""

Figures = Mapping[str, Decimal | None]


@dataclass(frozen=True, slots=True)
class FigureDifference:
    """A figure of a draft that is another one than it should be; ``line`` is empty for the head."""

    line: str
    column: str
    stored: Decimal | None
    expected: Decimal | None


def refuse_other_figures(order: Order, invoice: Invoice, lines: Sequence[InvoiceLine]) -> None:
    """Refuse to issue a draft whose figures are not those of its order; names each.

    Seven statements at most, however many lines.
    """
    found = list(_against_history(invoice, lines))
    if not found:
        found = list(_against_ledger(order, invoice, lines))
    if not found:
        return
    raise FiguresDiffer(
        gettext(
            "This draft does not have the figures that %(order)s gives: %(differences)s. "
            "Delete the draft, and invoice the order anew."
        )
        % {
            "order": order,
            "differences": "; ".join(_sentence(each, invoice.currency) for each in found),
        }
    )


def _against_history(invoice: Invoice, lines: Sequence[InvoiceLine]) -> Iterator[FigureDifference]:
    """Compare a draft with the first state that its history has of it, if it has one."""
    heads = _first_states(Invoice, HEAD_FIGURES, id=invoice.pk)
    if invoice.pk in heads:
        yield from _compare("", _figures(invoice, HEAD_FIGURES), heads[invoice.pk])
    kept = _first_states(InvoiceLine, KEPT_LINE_COLUMNS, invoice=invoice.pk)
    for line in lines:
        if line.pk in kept:
            stored = _figures(line, KEPT_LINE_COLUMNS)
            yield from _compare(line.description, stored, kept[line.pk])


def _first_states(
    model: type[Invoice | InvoiceLine], columns: Sequence[str], **owner: object
) -> dict[object, dict[str, Decimal | None]]:
    states = history_model(model)._default_manager.filter(**owner).order_by("id", "pgh_id")
    rows = states.distinct("id").values_list("id", *columns)
    return {pk: dict(zip(columns, figures, strict=True)) for pk, *figures in rows}


def _against_ledger(
    order: Order, invoice: Invoice, lines: Sequence[InvoiceLine]
) -> Iterator[FigureDifference]:
    """Compare a draft with what its order's ledger, as it was before, makes of it."""
    order_lines = list(order.lines.select_related("product").order_by("position"))
    try:
        head, made = _make_again(order, order_lines, invoice, lines)
    except PricingError:
        head, made = head_of(order, invoice.what), []
    found = [
        *_compare("", _figures(invoice, HEAD_COLUMNS), _figures(head, HEAD_COLUMNS)),
        *_compare_lines(lines, made),
    ]
    if found and not _has_moved(order, order_lines, invoice):
        yield from found


def _make_again(
    order: Order, order_lines: Sequence[OrderLine], invoice: Invoice, lines: Sequence[InvoiceLine]
) -> tuple[Invoice, list[InvoiceLine]]:
    """Draft an invoice once more, for the same units or the same amount, and save nothing."""
    ledger = read_ledger(order, order_lines, before=invoice)
    if invoice.asks_ahead:
        amount, share = invoice.total, invoice.share_rate
        if share is not None:
            amount = share_of(order, ledger, share, before=invoice)
        return draft_down_payment(order, invoice.what, share, ledger.down_payment(amount))
    head = head_of(order, invoice.what)
    units = {str(line.order_line_id): line.quantity for line in lines if line.bills_units}
    return head, put_part(head, order_lines, ledger.invoice(units))


def _compare_lines(
    stored: Sequence[InvoiceLine], made: Sequence[InvoiceLine]
) -> Iterator[FigureDifference]:
    known = {line.position: line for line in made}
    for line in stored:
        expected = known.pop(line.position, None)
        if expected is None:
            yield FigureDifference(line.description, "quantity", line.quantity, None)
        else:
            figures = _figures(line, LINE_COLUMNS), _figures(expected, LINE_COLUMNS)
            yield from _compare(line.description, *figures)
    for line in known.values():
        yield FigureDifference(line.description, "quantity", None, line.quantity)


def _compare(line: str, stored: Figures, expected: Figures) -> Iterator[FigureDifference]:
    for column, figure in expected.items():
        if stored[column] != figure:
            yield FigureDifference(line, column, stored[column], figure)


def _figures(row: Invoice | InvoiceLine, columns: Sequence[str]) -> dict[str, Decimal | None]:
    return {column: getattr(row, column) for column in columns}


def _has_moved(order: Order, lines: Sequence[OrderLine], invoice: Invoice) -> bool:
    """Whether the order was changed, credited or had goods returned since the draft was made."""
    came_back = any(line.returned_quantity for line in lines)
    moves = MOVES | {Type.SHIPMENT_RECORDED} if came_back else MOVES
    return SalesEvent.objects.filter(root_id=order.pk, id__gt=invoice.pk, type__in=moves).exists()


def _sentence(difference: FigureDifference, currency: str) -> str:
    fields = (InvoiceLine if difference.line else Invoice)._meta.concrete_fields
    names = {field.name: field.verbose_name for field in fields}
    values = {
        "line": difference.line,
        "figure": names[difference.column],
        "stored": _written(difference.stored, difference.column, currency),
        "expected": _written(difference.expected, difference.column, currency),
    }
    if difference.line:
        return gettext("%(line)s, %(figure)s %(stored)s instead of %(expected)s") % values
    return gettext("%(figure)s %(stored)s instead of %(expected)s") % values


def _written(figure: Decimal | None, column: str, currency: str) -> str:
    if column in RATES:
        return format_rate(figure)
    if column in COUNTED:
        return format_quantity(figure)
    return format_money(figure, currency)
