"""Invoice card of an order."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext

from common.formatting import format_money
from sales.models import Invoice
from web.chips.documents import invoice_chip
from web.pages.cards import Card, CardRow, icon_mark
from web.pages.official_numbers import awaited_system, is_without
from web.record_urls import record_url


def invoices_card(invoices: Iterable[Invoice]) -> Card:
    """Format an order's invoices, which were read with their instalments.

    One statement, if one of them has no official number.
    """
    invoices = list(invoices)
    numbered = any(map(awaited_system, [each for each in invoices if is_without(each)][:1]))
    return Card(
        title=gettext("Invoices"),
        id="invoices",
        rows=[
            CardRow(
                mark=icon_mark("receipt"),
                title=str(invoice),
                url=record_url(invoice),
                detail=_official_number(invoice, is_awaited=numbered),
                chip=invoice_chip(invoice),
                amount=format_money(invoice.total, invoice.currency),
            )
            for invoice in invoices
        ],
        empty=gettext("Nothing is invoiced yet."),
    )


def _official_number(invoice: Invoice, *, is_awaited: bool) -> str:
    if invoice.official_number:
        return gettext("official %(number)s") % {"number": invoice.official_number}
    if invoice.number:
        return gettext("no official number yet") if is_awaited and not invoice.origin else ""
    return invoice.get_what_display()
