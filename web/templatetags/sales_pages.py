"""Pieces about documents that the pages of customers place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext

from common.formatting import format_day_of, format_money
from crm.models import Account, Opportunity
from sales.models import AccountTerms, AnyDocument, Invoice, Order, Quote, SalesEvent
from web.chips.customers import stage_chip
from web.chips.documents import invoice_chip, order_chip, quote_chip
from web.display import Action, Actions, Chip, Fact
from web.record_urls import record_url

register = template.Library()

SHOWN = 20


@dataclass(frozen=True, slots=True)
class SmallRow:
    """One record in a short list."""

    title: str
    words: str
    url: str
    chip: Chip
    amount: str = ""


@register.simple_tag
def opportunity_rows(opportunities: Iterable[Opportunity]) -> list[SmallRow]:
    """Prepare a short list of opportunities."""
    return [
        SmallRow(
            title=str(opportunity),
            words=str(opportunity.stage),
            url=record_url(opportunity),
            chip=stage_chip(opportunity),
            amount=format_money(opportunity.expected_revenue, opportunity.currency),
        )
        for opportunity in opportunities
    ]


@register.simple_tag(takes_context=True)
def opportunity_verbs(context: template.Context, opportunity: Opportunity, edit: Action) -> Actions:
    """List what can be done with an opportunity: offer, order, close, reopen, edit."""
    user = context["request"].user
    if not user.has_perm("crm.change_opportunity"):
        return Actions([])

    def address(name: str) -> str:
        return reverse(f"sales:opportunity-{name}", args=[opportunity.pk])

    closed = opportunity.status != Opportunity.Status.OPEN
    lost = Action(gettext("Close as lost"), address("lose"), "circle-x", asks=True, dialog=True)
    won = Action(gettext("Close as won"), address("win"), "trophy", asks=True, dialog=True)
    if closed:
        return Actions([Action(gettext("Reopen"), address("reopen"), "rotate-clockwise"), edit])
    return Actions(
        [
            Action(gettext("Create quote"), address("quote"), "file-text", asks=True, dialog=True),
            Action(
                gettext("Create order"), address("order"), "clipboard-check", asks=True, dialog=True
            ),
            won,
            lost,
            edit,
        ]
    )


@register.inclusion_tag("sales/document_rows.html", takes_context=True)
def opportunity_documents(context: template.Context, opportunity: Opportunity) -> dict[str, Any]:
    """Show an opportunity's quotes and orders."""
    user = context["request"].user
    quotes = opportunity.quotes.visible_to(user).select_related("company").order_by("-id")[:SHOWN]
    orders = opportunity.orders.visible_to(user).order_by("-id")[:SHOWN]
    return {"rows": [*map(_order_row, orders), *map(_quote_row, quotes)]}


@register.inclusion_tag("sales/document_rows.html", takes_context=True)
def account_documents(context: template.Context, account: Account) -> dict[str, Any]:
    """Show an account's newest quotes, orders and invoices."""
    user = context["request"].user
    of_account = {"account": account}
    quotes = (
        Quote.objects.visible_to(user)
        .filter(**of_account)
        .select_related("company")
        .order_by("-id")[:SHOWN]
    )
    orders = Order.objects.visible_to(user).filter(**of_account).order_by("-id")[:SHOWN]
    invoices = Invoice.objects.visible_to(user).filter(**of_account).order_by("-id")
    invoices = invoices.select_related("company").prefetch_related("instalments")[:SHOWN]
    rows = [*map(_invoice_row, invoices), *map(_order_row, orders), *map(_quote_row, quotes)]
    return {"rows": rows}


def _row(document: AnyDocument, kind: str, chip: Chip) -> SmallRow:
    return SmallRow(
        title=str(document),
        words=f"{kind} · {document.name} · {format_day_of(document.created_at)}",
        url=record_url(document),
        chip=chip,
        amount=format_money(document.total, document.currency),
    )


def _quote_row(quote: Quote) -> SmallRow:
    return _row(quote, gettext("Quote"), quote_chip(quote))


def _order_row(order: Order) -> SmallRow:
    return _row(order, gettext("Order"), order_chip(order))


def _invoice_row(invoice: Invoice) -> SmallRow:
    return _row(invoice, gettext("Invoice"), invoice_chip(invoice))


@register.inclusion_tag("base/parts/facts.html")
def account_terms(account: Account) -> dict[str, list[Fact]]:
    """Show the terms an account buys on."""
    terms = (
        AccountTerms.objects.filter(account=account)
        .select_related("price_list", "payment_terms", "tax_zone")
        .first()
    )
    if terms is None:
        return {"facts": []}
    facts = [
        Fact(gettext("Currency"), terms.currency),
        Fact(gettext("Price list"), terms.price_list),
        Fact(gettext("Payment terms"), terms.payment_terms),
        Fact(gettext("Tax zone"), terms.tax_zone),
    ]
    return {"facts": [fact for fact in facts if fact.value]}


@register.inclusion_tag("sales/history.html")
def history(document: AnyDocument) -> dict[str, Any]:
    """Show what happened to a document, newest first; the same again in a row is one entry."""
    events = SalesEvent.objects.filter(subject_id=document.pk).order_by("-id")[: 5 * SHOWN]
    runs = [list(run) for _, run in groupby(events, key=lambda e: (e.type, e.actor_name))]
    return {"entries": [(run[0], len(run)) for run in runs[:SHOWN]]}


@register.simple_tag
def chip_of(document: AnyDocument) -> Chip:
    """Draw the chip of any document."""
    if isinstance(document, Quote):
        return quote_chip(document)
    return order_chip(document) if isinstance(document, Order) else invoice_chip(document)
