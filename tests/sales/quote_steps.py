"""Steps of a quote that several tests begin with."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sales.models import Quote, SalesEvent
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from tests.factories import Market


def quoted(market: Market, *quantities: str, price: str = "100.00", **line: Any) -> Quote:
    """Draft a quote of one line per quantity."""
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    for quantity in quantities:
        product = market.product(price)
        add_line(quote, actor=market.rep, product=product, quantity=Decimal(quantity), **line)
    quote.refresh_from_db()
    return quote


def still_draft(quote: Quote) -> bool:
    """Whether the quote is a draft without a number."""
    quote.refresh_from_db()
    return (quote.status, quote.number) == ("draft", None)


def unchanged(quote: Quote) -> bool:
    """Whether a quote of ten machines is as it was drafted, without further events."""
    quote.refresh_from_db()
    events = SalesEvent.objects.filter(subject_id=quote.pk).count()
    return (quote.total, quote.version, events) == (Decimal("1200.00"), 2, 2)
