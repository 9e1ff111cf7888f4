"""Totals: compute a draft's figures from its lines and save both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal

from common.rows import save_columns
from sales.models import AnyDocument, DocumentLine
from sales.pricing.documents import PricedDocument, price_document
from sales.pricing.promotions import BilledPromotion
from sales.services.documents.tax_rates import look_up_tax_rates
from sales.services.prices.pricing_input import line_input, lines_of, terms_of
from sales.services.prices.promotion_discounts import (
    NONE_BILLED,
    ReadUse,
    promotions_of,
    share_promotions,
    spread_promotions,
)

ZERO = Decimal(0)
LINE_FIGURES = ("base", "discount", "charge", "net", "header_discount", "tax", "gross")
HEAD_FIGURES = ("detail", "discount", "freight", "tax", "total")


def reprice(
    document: AnyDocument,
    lines: Sequence[DocumentLine] | None = None,
    billed: Mapping[str, BilledPromotion] = NONE_BILLED,
) -> PricedDocument:
    """Price a draft from its lines' frozen prices and save every figure that follows.

    Tax rates are looked up for the day, unless somebody typed one or the prices are agreed: then
    the agreed rates hold, and only new lines look theirs up. Six statements at most, however many
    lines and promotion codes. What of the lines is ``billed`` keeps what codes took off it.
    """
    lines = lines_of(document) if lines is None else lines
    uses = promotions_of(document)
    before = [line.promotion_discount for line in lines]
    priced = price_today(document, lines, uses, billed)
    changed = before != [line.promotion_discount for line in lines]
    promotion = ["promotion_discount"] if changed else []
    save_columns(uses, ["amount"])
    save_columns(lines, [*LINE_FIGURES, "tax_rate", "position", *promotion])
    document.change(**{name: getattr(document, name) for name in HEAD_FIGURES})
    return priced


def price_today(
    document: AnyDocument,
    lines: Sequence[DocumentLine],
    uses: Sequence[ReadUse],
    billed: Mapping[str, BilledPromotion] = NONE_BILLED,
) -> PricedDocument:
    """Put the figures that ``reprice`` would save on a draft and its lines, and save nothing.

    ``uses`` come from ``promotions_of``.
    """
    look_up_tax_rates(document, lines)
    spread_promotions(document, lines, uses, billed)
    priced = price_lines(document, lines)
    for line, figures in zip(lines, priced.lines, strict=True):
        for name in LINE_FIGURES:
            setattr(line, name, getattr(figures, name))
    for name in HEAD_FIGURES:
        setattr(document, name, getattr(priced.totals, name))
    return priced


def agree_promotions(document: AnyDocument, lines: Sequence[DocumentLine]) -> None:
    """Save for each code of a changed document what its lines say that it took off."""
    uses = promotions_of(document)
    if not uses:
        return
    share_promotions(document, lines, uses)
    save_columns(uses, ["amount"])


def head_figures(lines: Sequence[DocumentLine], freight: Decimal) -> dict[str, Decimal]:
    """Add up lines and freight to the figures of their document's head."""
    detail = sum((line.net for line in lines), ZERO)
    discount = sum((line.header_discount for line in lines), ZERO)
    tax = sum((line.tax for line in lines), ZERO)
    total = detail - discount + freight + tax
    return dict(zip(HEAD_FIGURES, (detail, discount, freight, tax, total), strict=True))


def price_lines(document: AnyDocument, lines: Sequence[DocumentLine]) -> PricedDocument:
    """Price lines on a document's terms, and save nothing."""
    return price_document([line_input(line) for line in lines], **asdict(terms_of(document)))
