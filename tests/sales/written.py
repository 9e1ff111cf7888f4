"""Row counts and versions, to assert that a refused action writes nothing."""

from __future__ import annotations

from typing import Any

from sales.models import AnyDocument, SalesEvent


def written(document: AnyDocument) -> tuple[Any, ...]:
    """Read everything about a document that a refused action leaves as it was."""
    document.refresh_from_db()
    lines = document.lines.order_by("position").values_list(
        "quantity", "unit", "unit_price", "discount_amount", "discount_rate", "net"
    )
    return (
        document.version,
        document.total,
        document.status,
        list(lines),
        SalesEvent.objects.count(),
    )
