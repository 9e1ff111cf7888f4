"""Lines and totals of a document, formatted for the table, the editor and its fragments."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import overload

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from common.formatting import (
    format_day,
    format_money,
    format_price,
    format_quantity,
    format_rate,
)
from sales.models import (
    AnyDocument,
    AnyLine,
    DocumentLine,
    Invoice,
    InvoiceLine,
    Order,
    OrderLine,
    Quote,
    QuoteLine,
    kind_of,
)
from sales.pricing.advances import TaxAmount
from sales.pricing.lines import Terms, own_discount
from sales.pricing.money import ZERO
from sales.services.documents.tax_rates import put_todays_rates, with_dated_rates
from sales.services.price_refresh import PriceDrift, price_drift
from sales.services.prices.list_prices import ListPrices
from sales.services.prices.pricing_input import line_input, terms_of
from web.forms.lines import discount_label
from web.pages.line_editor import EditorRow, LineEditor, format_volume_discount


@dataclass(frozen=True, slots=True)
class LineProgress:
    """Progress of an order line: shipped, returned and invoiced; of a deduction, the amount."""

    shipped: str
    remark: str
    """What came back, and what of a part is cancelled, in words; empty where nothing is."""
    invoiced: str
    shipped_percent: int
    is_shipped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """One line as the table and the editor show it."""

    id: str
    number: int
    is_text: bool
    """Whether the line is a heading or a note."""
    is_deduction: bool
    """Whether the line is a trade-in or a rebate."""
    css: str
    is_optional: bool
    code: str
    """The SKU, or the kind of line that has none."""
    description: str
    quantity: str
    unit: str
    price: str
    volume: str
    """What a large quantity takes off each unit."""
    discount: str
    tax: str
    net: str
    charge: str = ""
    """What another system adds to the line; empty where it adds nothing."""
    confirmed: str = ""
    """By when another system says that the line is delivered."""
    progress: LineProgress | None = None
    """How far an ordered line has come."""
    editor: EditorRow | None = None


@dataclass(frozen=True, slots=True)
class TotalRow:
    """One figure in the foot of a document."""

    label: str
    amount: str
    explanation_url: str = ""
    css: str = ""


@dataclass(frozen=True, slots=True)
class EditorUrls:
    """Where lines are added to a draft."""

    add: str
    options: str
    write_in: str
    deduction: str
    text: str


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a document with its totals; ``editor`` where they can be edited."""

    rows: Sequence[LineRow]
    totals: Sequence[TotalRow]
    editor: EditorUrls | None = None
    discount_label: str = ""
    """What an amount typed as a discount comes off; empty where nothing is typed."""
    shows_progress: bool = False
    has_options: bool = False
    seen: str = ""
    """The hash of the figures that a draft would be issued at, as they are shown."""

    def row(self, line_id: uuid.UUID | None) -> LineRow | None:
        """Return the row of a line, if there is such a line."""
        return next((row for row in self.rows if row.id == str(line_id)), None)


@overload
def read_lines(document: Quote) -> list[QuoteLine]: ...
@overload
def read_lines(document: Order) -> list[OrderLine]: ...
@overload
def read_lines(document: Invoice) -> list[InvoiceLine]: ...
@overload
def read_lines(document: AnyDocument) -> Sequence[AnyLine]: ...
def read_lines(document: AnyDocument) -> Sequence[AnyLine]:
    """Read a document's lines with what their rows need, in one statement."""
    stored: QuerySet[AnyLine] = document.lines.all()
    of_order = ["order_line"] if isinstance(document, Invoice) else []
    lines = stored.select_related("unit", "product", *of_order).order_by("position", "id")
    read = list(with_dated_rates(lines, document))
    put_todays_rates(document, read)
    return read


def drifts_of(
    document: AnyDocument, lines: Sequence[AnyLine], prices: ListPrices | None = None
) -> list[PriceDrift]:
    """Compare a draft's prices with the list's of today; agreed prices are not compared."""
    return [] if document.prices_locked else price_drift(document, lines, prices)


def build_lines(
    document: AnyDocument,
    lines: Sequence[AnyLine],
    drifts: Iterable[PriceDrift] = (),
    *,
    editable: bool = False,
    taken: Mapping[uuid.UUID, TaxAmount] = MappingProxyType({}),
    seen: str = "",
) -> Lines:
    """Format every line of a document and its totals.

    ``taken`` is what trade-ins and rebates of an order have taken off its invoices, ``seen`` the
    hash of the figures at which a draft would be issued.
    """
    editor, terms = LineEditor(document, drifts) if editable else None, terms_of(document)
    return Lines(
        rows=[
            _line_row(terms, line, number, editor, taken.get(line.pk))
            for number, line in enumerate(lines, 1)
        ],
        totals=total_rows(document, lines),
        editor=_editor_urls(document) if editable else None,
        discount_label=discount_label(document) if editable else "",
        shows_progress=document.number is not None and kind_of(document).has_progress,
        has_options=kind_of(document).has_options,
        seen=seen if document.is_draft else "",
    )


def below_total(lines: Lines, rows: Iterable[TotalRow]) -> Lines:
    """Write more rows below the total."""
    return replace(lines, totals=[*lines.totals, *rows])


def _editor_urls(document: AnyDocument) -> EditorUrls:
    parts = {"kind": kind_of(document).url_word, "pk": document.pk}
    names = ("add", "options", "write-in", "deduction", "text")
    return EditorUrls(*(reverse(f"sales:line-{name}", kwargs=parts) for name in names))


def _line_row(
    terms: Terms,
    line: AnyLine,
    number: int,
    editor: LineEditor | None,
    taken: TaxAmount | None,
) -> LineRow:
    currency = terms.currency
    return LineRow(
        id=str(line.pk),
        number=number,
        is_text=line.is_text,
        is_deduction=line.is_deduction,
        css=_css(line),
        is_optional=line.is_optional,
        code=line.code_or_kind,
        description=line.description,
        quantity=format_quantity(line.quantity),
        unit=str(line.unit or ""),
        price=format_price(line.unit_price, currency, line.price_quantity),
        volume=format_volume_discount(line, currency),
        discount=format_discount(line, terms),
        tax=format_rate(line.tax_rate),
        net=format_money(line.net, currency),
        charge=format_charge(line, currency),
        confirmed=_confirmed(line) if isinstance(line, OrderLine) else "",
        progress=_progress(line, taken, currency) if isinstance(line, OrderLine) else None,
        editor=editor.row(line) if editor is not None else None,
    )


def _css(line: AnyLine) -> str:
    """Return the class of a row: a heading or a note, an option not taken, a part of a bundle."""
    if line.is_text:
        return f"is-{line.kind}"
    names = ("" if line.counts else "is-untaken", "is-part" if line.bundle_line_id else "")
    return " ".join(filter(None, names))


def format_discount(line: DocumentLine, terms: Terms) -> str:
    """Write a line's own discount as it was typed, or as its part came to, and a code's beside.

    Amounts are with tax where prices are.
    """
    own = own_discount(line_input(line), line.discount, terms) if _has_own_discount(line) else ZERO
    amount = format_money(own, terms.currency) if own else ""
    text = format_rate(line.discount_rate) if line.discount_rate else amount
    if not line.promotion_discount:
        return text
    by_code = format_money(line.promotion_discount, terms.currency)
    code = gettext("%(amount)s by code") % {"amount": by_code}
    return f"{text} + {code}" if text else code


def _has_own_discount(line: DocumentLine) -> bool:
    """Whether somebody typed a discount; of a part of a line, on the order's line."""
    source = line.order_line if isinstance(line, InvoiceLine) and line.order_line else line
    return bool(source.discount_amount or source.discount_rate)


def format_charge(line: DocumentLine, currency: str) -> str:
    """Write the charge of a line before tax; empty where it has none."""
    if not line.charge:
        return ""
    return gettext("+ %(amount)s charge") % {"amount": format_money(line.charge, currency)}


def _confirmed(line: OrderLine) -> str:
    if line.confirmed_on is None:
        return ""
    return gettext("confirmed for %(day)s") % {"day": format_day(line.confirmed_on)}


def format_taken_off(taken: TaxAmount, currency: str) -> str:
    """Write what a trade-in or rebate has taken off invoices, before tax."""
    return gettext("%(amount)s taken off") % {"amount": format_money(taken.taxable, currency)}


def _progress(line: OrderLine, taken: TaxAmount | None, currency: str) -> LineProgress:
    if taken is not None:
        invoiced = format_money(-taken.taxable, currency)
        return LineProgress("–", "", invoiced, shipped_percent=0, is_shipped=False)
    wanted = line.wanted_quantity
    percent = int(line.shipped_quantity * 100 / wanted) if wanted else 0
    return LineProgress(
        shipped=format_quantity(line.shipped_quantity),
        remark=", ".join(filter(None, [_returned(line), _cancelled(line)])),
        invoiced=format_quantity(line.invoiced_quantity - line.credited_quantity),
        shipped_percent=percent,
        is_shipped=wanted > 0 and line.shipped_quantity >= wanted,
    )


def _returned(line: OrderLine) -> str:
    if not line.returned_quantity:
        return ""
    quantities = {
        "returned": format_quantity(line.returned_quantity),
        "replaced": format_quantity(line.replaced_quantity),
    }
    if not line.replaced_quantity:
        return gettext("%(returned)s returned") % quantities
    return gettext("%(returned)s returned, %(replaced)s to be replaced") % quantities


def _cancelled(line: OrderLine) -> str:
    """Write what is cancelled of a part whose set came back; not of a cancelled order."""
    if not line.cancelled_quantity or not line.wanted_quantity:
        return ""
    return gettext("%(quantity)s cancelled") % {
        "quantity": format_quantity(line.cancelled_quantity)
    }


def total_rows(document: AnyDocument, lines: Sequence[AnyLine]) -> list[TotalRow]:
    """Write the foot of a document: subtotal, discount, freight, tax by rate, total.

    What is deducted from the freight stands below the freight, not in the subtotal of the lines.
    """
    money = partial(format_money, currency=document.currency)
    explained = _explanation_urls(document)
    off_freight = [line.net for line in lines if _is_off_freight(line)]
    freight_deducted = sum(off_freight, Decimal(0))
    count = sum(1 for line in lines if line.counts) - len(off_freight)
    counted = ngettext("Subtotal, %(count)d line", "Subtotal, %(count)d lines", count)
    subtotal, url = document.detail - freight_deducted, "" if off_freight else explained("detail")
    rows = [TotalRow(counted % {"count": count}, money(subtotal), url)]
    if document.discount:
        label = gettext("Discount")
        if document.discount_rate:
            label = f"{label} {format_rate(document.discount_rate)}"
        rows.append(TotalRow(label, f"−{money(document.discount)}", explained("discount")))
    if document.freight:
        rows.append(TotalRow(gettext("Freight"), money(document.freight)))
    if freight_deducted:
        label = gettext("Down payment on freight deducted")
        rows.append(TotalRow(label, money(freight_deducted)))
    rows += _tax_rows(document, lines, explained("tax"))
    return [*rows, TotalRow(gettext("Total"), money(document.total), explained("total"), "grand")]


def _is_off_freight(line: AnyLine) -> bool:
    return line.kind == DocumentLine.Kind.FREIGHT and line.net < 0


def _tax_rows(document: AnyDocument, lines: Iterable[AnyLine], url: str) -> list[TotalRow]:
    """Sum what is taxed at each rate; the lines' stored shares add up to the header's tax."""
    taxable: defaultdict[Decimal, Decimal] = defaultdict(Decimal)
    tax: defaultdict[Decimal, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.counts and line.tax_rate is not None:
            taxable[line.tax_rate] += line.taxable
            tax[line.tax_rate] += line.tax
    rows: list[TotalRow] = []
    for rate in sorted(taxable, reverse=True):
        base = format_money(taxable[rate], document.currency)
        label = gettext("Tax %(rate)s on %(base)s") % {"rate": format_rate(rate), "base": base}
        css = "" if rows else "rule"
        rows.append(TotalRow(label, format_money(tax[rate], document.currency), url, css))
    return rows


def _explanation_urls(document: AnyDocument) -> Callable[[str], str]:
    """Return what writes the URL of the steps behind a figure, resolved once for all figures."""
    args = [kind_of(document).url_word, document.pk, "figure"]
    prefix = reverse("sales:explanation", args=args).removesuffix("figure/")
    return lambda figure: f"{prefix}{figure}/"
