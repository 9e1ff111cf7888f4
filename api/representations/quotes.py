"""Quotes in responses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.representations.documents import at, day, head, key, line
from sales.models import Quote


def represent_quote(quote: Quote, lines: Sequence[Any] | None = None) -> dict[str, Any]:
    """Return a quote with its lines."""
    lines = list(quote.lines.order_by("position", "pk")) if lines is None else lines
    return {
        **represent_head(quote),
        "lines": [represent_line(each, quote.currency) for each in lines],
    }


def represent_head(quote: Quote) -> dict[str, Any]:
    """Return a quote as lists have it."""
    return {
        **head(quote),
        "status": quote.status,
        "revision": quote.revision,
        "revises": key(quote.revises_id),
        "opportunity": key(quote.opportunity_id),
        "valid_from": day(quote.valid_from),
        "activated_at": at(quote.activated_at),
        "closed_at": at(quote.closed_at),
        "closed_reason": quote.closed_reason,
    }


def represent_line(found: Any, currency: str) -> dict[str, Any]:
    """Return a line of a quote, which may be an option."""
    return {
        **line(found, currency),
        "is_optional": found.is_optional,
        "is_taken": found.is_taken,
    }
