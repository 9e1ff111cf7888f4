"""Page fragments of the line editor: the responses to a change of a draft's lines."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F

from common.formatting import format_price
from sales.models import AnyDocument, Invoice, PriceListItem
from sales.services.documents.todays_figures import hash_figures
from sales.services.prices.promotion_discounts import promotions_of
from sales.services.products import search_products
from web.pages.lines import LineRow, Lines, build_lines, drifts_of, read_lines
from web.pages.promotions import PromotionRow, build_promotions

OFFERED = 8


@dataclass(frozen=True, slots=True)
class LinesPart:
    """A draft's lines and totals, swapped into its page out of band."""

    lines: Lines
    row: LineRow | None
    """The line that was changed or added, if it is still there."""
    oob: bool = True
    has_parts: bool = False
    """Whether the line is a bundle, whose parts follow it."""
    promotions: Sequence[PromotionRow] = ()
    todays: Sequence[str] = ()
    """What issuing the draft would change: nothing, as the change took the rates of the day."""


def lines_part(document: AnyDocument, line: uuid.UUID | None) -> LinesPart:
    """Read a draft's lines again after a change of one of them."""
    stored = read_lines(document)
    lines = build_lines(
        document,
        stored,
        drifts_of(document, stored),
        editable=True,
        seen=hash_figures(document, stored),
    )
    return LinesPart(
        lines,
        lines.row(line),
        has_parts=any(each.bundle_line_id == line for each in stored if each.bundle_line_id),
        promotions=_promotions(document),
    )


def _promotions(document: AnyDocument) -> Sequence[PromotionRow]:
    """Read what each promotion code takes off now; invoices have none."""
    if isinstance(document, Invoice):
        return ()
    return build_promotions(document, promotions_of(document), editable=True).rows


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line whose change was refused, with the reasons; what was typed stays where it is."""

    line_id: str
    problems: Sequence[str]


@dataclass(frozen=True, slots=True)
class ProductOption:
    """A product one may add, with its price on the document's list."""

    id: str
    sku: str
    name: str
    unit: str
    price: str


@dataclass(frozen=True, slots=True)
class ProductOptions:
    """The products that match what was typed."""

    options: Sequence[ProductOption]
    text: str


def product_options(document: AnyDocument, text: str) -> ProductOptions:
    """Find the products that match a text; two statements."""
    found = list(search_products(text).select_related("default_unit")[:OFFERED])
    items = PriceListItem.objects.filter(
        price_list=document.price_list_id,
        product__in=found,
        unit=F("product__default_unit"),
        method=PriceListItem.Method.AMOUNT,
    )
    prices = {
        item.product_id: format_price(item.amount, document.currency, item.price_quantity)
        for item in items
    }
    options = [
        ProductOption(
            id=str(product.pk),
            sku=product.sku,
            name=product.name,
            unit=str(product.default_unit),
            price=prices.get(product.pk, ""),
        )
        for product in found
    ]
    return ProductOptions(options, text)
