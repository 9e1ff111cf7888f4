"""Cards that list opportunities, quotes, orders and invoices on the pages of other records."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext

from common.formatting import format_day_of, format_money
from crm.models import Account, Opportunity, User
from sales.models import AnyDocument, Invoice, Order, Quote
from web.chips.customers import stage_chip
from web.chips.documents import invoice_chip, order_chip, quote_chip
from web.display import Chip, joined
from web.pages.cards import Card, CardRow
from web.record_urls import record_url

SHOWN = 20


def opportunities_card(opportunities: Iterable[Opportunity]) -> Card:
    """List opportunities, which were read with their stages."""
    return Card(
        title=gettext("Opportunities"),
        id="opportunities",
        rows=[_opportunity_row(opportunity) for opportunity in opportunities],
        empty=gettext("No opportunity yet."),
    )


def _opportunity_row(opportunity: Opportunity) -> CardRow:
    return CardRow(
        title=str(opportunity),
        url=record_url(opportunity),
        detail=str(opportunity.stage),
        chip=stage_chip(opportunity),
        amount=format_money(opportunity.revenue, opportunity.currency),
    )


def documents_of_opportunity(opportunity: Opportunity, user: User) -> Card:
    """List an opportunity's newest orders and quotes; two statements."""
    orders = opportunity.orders.visible_to(user).order_by("-id")[:SHOWN]
    quotes = opportunity.quotes.visible_to(user).select_related("company").order_by("-id")[:SHOWN]
    return _documents_card([*map(_order_row, orders), *map(_quote_row, quotes)])


def documents_of_account(account: Account, user: User) -> Card:
    """List an account's newest invoices, orders and quotes; four statements."""
    invoices = Invoice.objects.visible_to(user).filter(account=account).order_by("-id")
    invoices = invoices.select_related("company").prefetch_related("instalments")
    orders = Order.objects.visible_to(user).filter(account=account).order_by("-id")
    quotes = Quote.objects.visible_to(user).filter(account=account).order_by("-id")
    quotes = quotes.select_related("company")
    return _documents_card(
        [
            *map(_invoice_row, invoices[:SHOWN]),
            *map(_order_row, orders[:SHOWN]),
            *map(_quote_row, quotes[:SHOWN]),
        ]
    )


def _documents_card(rows: list[CardRow]) -> Card:
    nothing = gettext("No quote, order or invoice yet.")
    return Card(title=gettext("Documents"), id="documents", rows=rows, empty=nothing)


def _row(document: AnyDocument, kind: str, chip: Chip) -> CardRow:
    return CardRow(
        title=str(document),
        url=record_url(document),
        detail=joined(kind, format_day_of(document.created_at), document.name),
        chip=chip,
        amount=format_money(document.total, document.currency),
    )


def _quote_row(quote: Quote) -> CardRow:
    return _row(quote, gettext("Quote"), quote_chip(quote))


def _order_row(order: Order) -> CardRow:
    return _row(order, gettext("Order"), order_chip(order))


def _invoice_row(invoice: Invoice) -> CardRow:
    return _row(invoice, gettext("Invoice"), invoice_chip(invoice))
