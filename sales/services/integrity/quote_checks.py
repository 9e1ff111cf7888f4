"""Integrity checks of quotes: their content against its hash, and the orders made of them."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Prefetch

from sales.models import Quote, QuoteLine
from sales.services.documents.content_hash import HEAD, LINE, content_hash, own_columns
from sales.services.integrity.checks import LINE_NAME, NAME
from sales.services.integrity.price_checks import UNCHANGED
from sales.services.integrity.verification import Mismatch, check_by_query, register_check

CHUNK = 500

AS_QUOTED = f"""head.prices_are_locked AND {UNCHANGED} AND NOT EXISTS (
    SELECT FROM sales_salesevent event WHERE event.subject_id = head.id
    AND event.type IN ('order.draft_changed', 'order.prices_unlocked'))"""
"""Orders that nobody edited since the quote was won."""

LINE_COLUMNS = (
    "kind", "product_id", "description", "unit_id", "quantity", "unit_price", "price_quantity",
    "volume_discount", "discount_amount", "discount_rate", "charge_amount", "tax_rate", "unit_cost",
    "base", "charge", "promotion_discount", "discount", "net", "header_discount", "tax", "gross",
)  # fmt: skip
HEAD_COLUMNS = (
    "account_id", "prices_include_tax", "exchange_rate", "discount_amount", "discount_rate",
    "detail", "discount", "freight", "tax", "total",
)  # fmt: skip


def _figures(columns: tuple[str, ...], ours: str, quoted: str) -> str:
    """Write the list of values that pairs each column with that of the quote."""
    return ", ".join(
        f"('{column.removesuffix('_id').replace('_', ' ')}', "
        f"{ours}.{column}::text, {quoted}.{column}::text)"
        for column in columns
    )


ORDERS_AS_QUOTED = f"""
SELECT {NAME}, figure.what, COALESCE(figure.stored, 'empty'), COALESCE(figure.quoted, 'empty')
FROM sales_order head JOIN sales_quote quote ON quote.id = head.quote_id
CROSS JOIN LATERAL (VALUES {_figures(HEAD_COLUMNS, "head", "quote")}) figure(what, stored, quoted)
WHERE {AS_QUOTED} AND figure.stored IS DISTINCT FROM figure.quoted
UNION ALL
SELECT {LINE_NAME}, figure.what, COALESCE(figure.stored, 'empty'), COALESCE(figure.quoted, 'empty')
FROM sales_orderline line JOIN sales_order head ON head.id = line.order_id
JOIN sales_quoteline quoted ON quoted.id = line.quote_line_id
CROSS JOIN LATERAL (
    VALUES {_figures(LINE_COLUMNS, "line", "quoted")}
) figure(what, stored, quoted)
WHERE {AS_QUOTED} AND figure.stored IS DISTINCT FROM figure.quoted
UNION ALL
SELECT {NAME}, 'line', 'missing', quoted.description
FROM sales_order head JOIN sales_quoteline quoted ON quoted.quote_id = head.quote_id
WHERE {AS_QUOTED} AND (quoted.is_taken OR NOT quoted.is_optional) AND NOT EXISTS (
    SELECT FROM sales_orderline line WHERE line.quote_line_id = quoted.id)
"""


def frozen_quotes() -> Iterator[Mismatch]:
    """Hash the content of every quote that was ever sent again."""
    lines = Prefetch("lines", QuoteLine.objects.order_by("position", "id").only("quote", *LINE))
    sent = Quote.objects.exclude(content_hash="").order_by("id").prefetch_related(lines)
    quotes = sent.only("number", "revision", "content_hash", *HEAD, *own_columns())
    for quote in quotes.iterator(chunk_size=CHUNK):
        found = content_hash(quote, list(quote.lines.all()))
        if found != quote.content_hash:
            yield Mismatch(str(quote), "content", found[:12], quote.content_hash[:12])


def register() -> None:
    """Register these checks."""
    register_check("quotes are as they were sent", frozen_quotes)
    register_check("orders are as they were quoted", check_by_query(ORDERS_AS_QUOTED))
