"""Pieces of documents that say how they changed, and offer what can still be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext

from common.formatting import format_money, format_price, format_quantity, format_rate
from crm.models import Opportunity
from sales.models import AnyDocument, ApprovalRule, Order, OrderChange, Quote, kind_of
from sales.services.approval_requests import ASKED, Approval
from sales.services.approvals import Need
from web.display import Chip
from web.forms.prices import PromotionForm
from web.pages.order_changes import Difference, differences

register = template.Library()

SHOWN = 20


@register.simple_tag
def changes_of(order: Order) -> list[tuple[OrderChange, list[Difference]]]:
    """List an order's change orders, newest first, each with what differs."""
    return [
        (change, differences(change.difference, order.currency))
        for change in order.changes.order_by("-version")[:SHOWN]
    ]


@register.simple_tag
def why_url(document: AnyDocument, figure: str = "") -> str:
    """Return where the steps behind a figure are shown."""
    kind = kind_of(document).url_word
    if figure:
        return reverse("sales:why-figure", args=[kind, document.pk, figure])
    return reverse("sales:why", args=[kind, document.pk])


@dataclass(frozen=True, slots=True)
class NeedRow:
    """A rule that the quote breaks, and by how much."""

    name: str
    words: str


@register.simple_tag
def need_rows(approval: Approval, currency: str) -> list[NeedRow]:
    """Say of each broken rule what it allows and what the quote has."""
    return [NeedRow(need.rule.name, _need_in_words(need, currency)) for need in approval.needs]


def _need_in_words(need: Need, currency: str) -> str:
    measure = ApprovalRule.Measure(need.rule.measure)
    if measure == ApprovalRule.Measure.TOTAL:
        figure, limit = (
            format_money(each, currency) for each in (need.figure, need.rule.threshold)
        )
        return gettext("The total is %(figure)s; up to %(limit)s goes out without a yes.") % {
            "figure": figure,
            "limit": limit,
        }
    figure, limit = (format_rate(each) for each in (round(need.figure, 4), need.rule.threshold))
    words = {"figure": figure, "limit": limit}
    if measure == ApprovalRule.Measure.MARGIN_RATE:
        return gettext("The margin is %(figure)s; at least %(limit)s is asked for.") % words
    return gettext("The discount is %(figure)s; up to %(limit)s goes out without a yes.") % words


@register.simple_tag
def asked_in_words(approval: Approval) -> str:
    """Return what was said when approval was asked for."""
    return str(approval.asked.data[ASKED]) if approval.asked else ""


@register.inclusion_tag("sales/promotions.html", takes_context=True)
def promotions(context: template.Context, document: Quote | Order) -> dict[str, Any]:
    """Show the promotion codes of a quote or an order, and on a draft the field for one more."""
    return {
        "record": document,
        "kind": kind_of(document).url_word,
        "uses": document.promotions.select_related("code"),
        "form": context.get("promotion_form") or PromotionForm(),
        "may_add": bool(context.get("editable")) and not document.prices_locked,
        "csrf_token": context.get("csrf_token"),
    }


@dataclass(frozen=True, slots=True)
class OpportunityRow:
    """One line of an opportunity as its page shows it."""

    pk: Any
    sku: str
    description: str
    quantity: str
    unit: str
    price: str
    net: str


@register.inclusion_tag("sales/opportunity_lines.html", takes_context=True)
def opportunity_lines(context: template.Context, opportunity: Opportunity) -> dict[str, Any]:
    """Show what an opportunity is about, and let it be edited while it is open."""
    is_open = opportunity.status == Opportunity.Status.OPEN
    user = context["request"].user
    return {
        "record": opportunity,
        "rows": _opportunity_rows(opportunity),
        "may_change": is_open and user.has_perm("crm.change_opportunity"),
        "csrf_token": context.get("csrf_token"),
    }


def _opportunity_rows(opportunity: Opportunity) -> Sequence[OpportunityRow]:
    currency = opportunity.currency
    return [
        OpportunityRow(
            pk=line.pk,
            sku=line.sku,
            description=line.description,
            quantity=format_quantity(line.quantity),
            unit=str(line.unit or ""),
            price=format_price(line.unit_price, currency),
            net=format_money(line.net, currency),
        )
        for line in opportunity.lines.select_related("unit")
    ]


@register.simple_tag
def decision_chip(approved: bool) -> Chip:
    """Show a yes or a no."""
    if approved:
        return Chip(gettext("Approved"), "good", "thumb-up")
    return Chip(gettext("Refused"), "bad", "thumb-down")
