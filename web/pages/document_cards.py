"""Cards that list opportunities, quotes, orders and invoices on the pages of other records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext

from common.formatting import format_day_of, format_money
from crm.models import Account, Opportunity, User
from sales.models.document_kinds import DOCUMENT_KINDS, ORDER, QUOTE, DocumentKind
from web.chips.customers import stage_chip
from web.display import joined
from web.pages.cards import Card, CardRow
from web.pages.document_kinds import STYLES
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
    return _documents_card(
        [
            *_rows(ORDER, opportunity.orders.visible_to(user)),
            *_rows(QUOTE, opportunity.quotes.visible_to(user)),
        ]
    )


def documents_of_account(account: Account, user: User) -> Card:
    """List an account's newest invoices, orders and quotes; four statements."""
    rows: list[CardRow] = []
    for kind in reversed(DOCUMENT_KINDS):
        visible = kind.model._default_manager.visible_to(user)
        rows += _rows(kind, visible.filter(account=account))
    return _documents_card(rows)


def _rows(kind: DocumentKind, documents: QuerySet[Any]) -> list[CardRow]:
    look = STYLES[kind]
    return [
        CardRow(
            title=str(document),
            url=record_url(document),
            detail=joined(kind.label, format_day_of(document.created_at), document.name),
            chip=look.chip(document),
            amount=format_money(document.total, document.currency),
        )
        for document in look.read(documents)[:SHOWN]
    ]


def _documents_card(rows: list[CardRow]) -> Card:
    nothing = gettext("No quote, order or invoice yet.")
    return Card(title=gettext("Documents"), id="documents", rows=rows, empty=nothing)
