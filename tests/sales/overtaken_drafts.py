"""Drafts that goods coming back, or other invoices, have overtaken; worked out from the columns."""

from __future__ import annotations

from sales.models import Invoice, InvoiceLine


def overtaken_drafts() -> list[str]:
    """Name every line of a draft that bills more than is left of its order without any draft."""
    sold = InvoiceLine.objects.filter(
        invoice__status=Invoice.Status.DRAFT, order_line__isnull=False
    )
    left = {
        line: ordered.wanted_quantity
        - (ordered.invoiced_quantity - ordered.credited_quantity)
        - ordered.closed_quantity
        - ordered.returned_unbilled_quantity
        for line in sold.select_related("order_line")
        if line.is_sold and (ordered := line.order_line) and not ordered.is_billed_with_bundle
    }
    return [
        f"draft {line.invoice_id}, line {line.position}"
        for line, quantity in left.items()
        if line.quantity > quantity
    ]
