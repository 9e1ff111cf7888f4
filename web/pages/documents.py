"""A document prepared for its page: lines, totals and facts, written once in Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from common.formatting import (
    format_day,
    format_money,
    format_price,
    format_quantity,
    format_rate,
    plain_number,
    plain_price,
)
from sales.models import AnyDocument, DocumentLine, OrderLine
from sales.services.prices.price_refresh import PriceDrift, price_drift
from web.display import Fact, Link
from web.forms.lines import discount_in_words
from web.record_urls import record_url

WORDS = frozenset({DocumentLine.Kind.SECTION.value, DocumentLine.Kind.NOTE.value})


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line as the page shows it."""

    line: Any
    number: int
    quantity: str
    unit: str
    price: str
    discount: str
    tax: str
    net: str
    typed: dict[str, str]
    """What stands in the inputs: the stored values, or what was typed and refused."""
    errors: dict[str, list[str]] = field(default_factory=dict)
    volume: str = ""
    """What a large quantity takes off each unit."""
    drift: str = ""
    """What the price list says today, where it is not what the line says."""

    @property
    def is_words(self) -> bool:
        """Whether the line is a heading or a note."""
        return self.line.kind in WORDS

    @property
    def progress(self) -> LineProgress | None:
        """How far an ordered line has come."""
        return progress_of(self.line) if isinstance(self.line, OrderLine) else None


@dataclass(frozen=True, slots=True)
class LineProgress:
    """What became of an order line's units."""

    shipped: str
    invoiced: str
    shipped_percent: int
    is_shipped: bool


@dataclass(frozen=True, slots=True)
class TaxRow:
    """One rate in the foot of a document."""

    rate: str
    taxable: str
    tax: str


def read_lines(document: AnyDocument) -> list[Any]:
    """Read a document's lines with what their rows need, in one statement."""
    return list(document.lines.select_related("unit", "product").order_by("position", "id"))


def line_rows(
    document: AnyDocument, lines: Sequence[Any], drifts: Iterable[PriceDrift] = ()
) -> list[LineRow]:
    """Prepare every line of a document."""
    marks = {drift.line_id: drift_in_words(drift, document.currency) for drift in drifts}
    return [
        line_row(document.currency, line, number, drift=marks.get(line.pk, ""))
        for number, line in enumerate(lines, 1)
    ]


def drifts_of(document: AnyDocument) -> list[PriceDrift]:
    """Compare a draft's prices with the list's of today; agreed prices are not compared."""
    return [] if document.prices_locked else price_drift(document)


def drift_in_words(drift: PriceDrift, currency: str) -> str:
    """Say what the list asks today, or why it asks nothing; empty where nothing drifted."""
    if drift.problem:
        return drift.problem
    if not drift.has_drifted:
        return ""
    listed = format_price(drift.list_price, currency)
    if drift.list_discount:
        off = format_price(drift.list_discount, currency)
        listed = gettext("%(price)s less %(off)s") % {"price": listed, "off": off}
    if drift.is_typed:
        return gettext("typed; list %(price)s") % {"price": listed}
    return gettext("list now %(price)s") % {"price": listed}


def line_row(currency: str, line: Any, number: int, **more: Any) -> LineRow:
    """Prepare one line."""
    typed = {
        "description": line.description,
        "quantity": plain_number(line.quantity),
        "unit_price": plain_price(line.unit_price, currency),
        "discount": discount_in_words(line),
    }
    return LineRow(
        line=line,
        number=number,
        quantity=format_quantity(line.quantity),
        unit=str(line.unit or ""),
        price=format_price(line.unit_price, currency),
        volume=_volume(line, currency),
        discount=_discount(line, currency),
        tax=format_rate(line.tax_rate),
        net=format_money(line.net, currency),
        typed=typed | more.pop("typed", {}),
        **more,
    )


def _volume(line: Any, currency: str) -> str:
    if not line.volume_discount:
        return ""
    off = format_price(line.volume_discount, currency)
    return gettext("−%(off)s volume") % {"off": off}


def _discount(line: Any, currency: str) -> str:
    """Write a line's own discount as it was typed, or as its part came to, and a code's beside."""
    by_code = line.promotion_discount
    own = format_money(line.discount - by_code, currency) if line.discount != by_code else ""
    words = format_rate(line.discount_rate) if line.discount_rate else own
    if not by_code:
        return words
    code = gettext("%(amount)s by code") % {"amount": format_money(by_code, currency)}
    return f"{words} + {code}" if words else code


def progress_of(line: OrderLine) -> LineProgress:
    """Say how much of an order line is shipped and invoiced."""
    wanted = line.wanted_quantity
    percent = int(line.shipped_quantity * 100 / wanted) if wanted else 0
    return LineProgress(
        shipped=format_quantity(line.shipped_quantity),
        invoiced=format_quantity(line.invoiced_quantity - line.credited_quantity),
        shipped_percent=percent,
        is_shipped=wanted > 0 and line.shipped_quantity >= wanted,
    )


def tax_rows(document: AnyDocument, lines: Iterable[Any]) -> list[TaxRow]:
    """Sum what is taxed at each rate; the lines' stored shares add up to the header's tax."""
    taxable: defaultdict[Decimal, Decimal] = defaultdict(Decimal)
    tax: defaultdict[Decimal, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.counts and line.tax_rate is not None:
            taxable[line.tax_rate] += line.net - line.header_discount
            tax[line.tax_rate] += line.tax
    return [
        TaxRow(
            format_rate(rate),
            format_money(taxable[rate], document.currency),
            format_money(tax[rate], document.currency),
        )
        for rate in sorted(taxable, reverse=True)
    ]


def document_context(
    document: AnyDocument, lines: Sequence[Any], drifts: Iterable[PriceDrift] = ()
) -> dict[str, Any]:
    """Prepare what the page of any document shows."""
    return {
        "record": document,
        "rows": line_rows(document, lines, drifts),
        "tax_rows": tax_rows(document, lines),
        "line_count": sum(1 for line in lines if line.counts),
    }


def common_facts(document: AnyDocument) -> list[Fact]:
    """List what one wants to know of any document."""
    contact = document.contact
    facts = [
        Fact(gettext("Account"), Link(str(document.account), record_url(document.account))),
        Fact(gettext("Contact"), Link(str(contact), record_url(contact)) if contact else ""),
        Fact(gettext("Customer's reference"), document.customer_reference),
        Fact(gettext("Price list"), document.price_list or ""),
        Fact(gettext("Payment terms"), document.payment_terms or ""),
        Fact(gettext("Tax zone"), document.tax_zone or ""),
        Fact(gettext("Exchange rate"), _exchange(document)),
        Fact(gettext("Owner"), document.owner),
    ]
    return [fact for fact in facts if fact.value]


def _exchange(document: AnyDocument) -> str:
    base = document.company.base_currency
    if document.currency == base:
        return ""
    if document.exchange_rate_on is None:
        return gettext("not known yet")
    rate = format_quantity(document.exchange_rate)
    day = format_day(document.exchange_rate_on)
    return f"{rate} {document.currency} / {base} · {day}"


RELATED = ("account", "contact", "company", "owner", "price_list", "payment_terms", "tax_zone")
"""What every document's page reads along with the document."""
