"""Input of pricing: a document's lines and terms, as pure pricing takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

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
)
from sales.pricing.lines import LineInput, Terms
from sales.pricing.money import ZERO, Rounding


@overload
def lines_of(document: Quote) -> list[QuoteLine]: ...
@overload
def lines_of(document: Order) -> list[OrderLine]: ...
@overload
def lines_of(document: Invoice) -> list[InvoiceLine]: ...
def lines_of(document: AnyDocument) -> Sequence[AnyLine]:
    """Read a document's lines in order, with what pricing needs of their products."""
    related = ("product", "product_category", "unit", "price_list_item", "tax_category")
    return list(document.lines.select_related(*related).order_by("position", "id"))


def line_input(line: DocumentLine) -> LineInput:
    """Convert a line for pricing; a missing price counts as zero until it is typed."""
    return LineInput(
        key=str(line.pk),
        quantity=line.quantity,
        unit_price=line.unit_price if line.unit_price is not None else ZERO,
        volume_discount=line.volume_discount,
        price_quantity=line.price_quantity,
        discount_amount=line.discount_amount,
        discount_rate=line.discount_rate,
        tax_rate=line.tax_rate,
        counts=line.counts,
        promotion_discount=line.promotion_discount,
        is_deduction=line.is_deduction,
        charge=line.charge_amount,
    )


def terms_of(document: AnyDocument) -> Terms:
    """Convert the document's head for pricing."""
    return Terms(
        document.currency,
        document.discount_amount,
        document.discount_rate,
        document.freight,
        document.prices_include_tax,
        Rounding(document.rounding),
        document.discounts_each_unit,
    )
