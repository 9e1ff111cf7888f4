"""Invoice card of an order."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext

from common.formatting import format_money
from sales.models import Invoice
from web.chips.documents import invoice_chip
from web.pages.cards import Card, CardRow, icon_mark
from web.record_urls import record_url


def invoices_card(invoices: Iterable[Invoice]) -> Card:
    """Format an order's invoices, which were read with their instalments."""
    return Card(
        title=gettext("Invoices"),
        id="invoices",
        rows=[
            CardRow(
                mark=icon_mark("receipt"),
                title=str(invoice),
                url=record_url(invoice),
                detail=_official_number(invoice),
                chip=invoice_chip(invoice),
                amount=format_money(invoice.total, invoice.currency),
            )
            for invoice in invoices
        ],
        empty=gettext("Nothing is invoiced yet."),
    )


def _official_number(invoice: Invoice) -> str:
    if invoice.official_number:
        return gettext("official %(number)s") % {"number": invoice.official_number}
    if invoice.number:
        return gettext("no official number yet")
    return invoice.get_what_display()
