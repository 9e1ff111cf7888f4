"""Page of an opportunity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from common.formatting import (
    format_day,
    format_due,
    format_money,
    format_price,
    format_quantity,
    format_rate,
)
from crm.models import Opportunity, Stage, User
from sales.services.opportunity_lines import no_price_reason, opportunity_terms
from web.chips.customers import opportunity_chip
from web.display import Action, Actions, Fact, Link, joined
from web.pages.activity import activity_card
from web.pages.cards import Card
from web.pages.document_cards import documents_of_opportunity
from web.pages.document_flow import document_flow, flow_steps
from web.pages.lines import format_discount
from web.pages.records import RecordPage
from web.record_urls import record_url

RELATED = ("account", "contact", "stage", "owner", "team", "lead")
"""What an opportunity's page reads along with the opportunity."""


@dataclass(frozen=True, slots=True)
class StageStep:
    """One stage of the pipeline."""

    name: str
    is_done: bool
    is_current: bool
    move_url: str
    """Where the opportunity is put into this stage; empty where that cannot be done."""
    move_label: str


@dataclass(frozen=True, slots=True)
class OpportunityLineRow:
    """A product the customer is interested in, or a trade-in or rebate."""

    code: str
    description: str
    quantity: str
    unit: str
    price: str
    no_price: str
    """Why there is no price, and how the line gets one; empty where there is one."""
    discount: str
    net: str
    remove_url: str
    remove_label: str


@dataclass(frozen=True, slots=True)
class OpportunityLines:
    """The lines of an opportunity; the URLs are empty unless it may be edited."""

    rows: Sequence[OpportunityLineRow]
    add_url: str
    deduct_url: str
    revenue_url: str
    revenue_is_computed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityPage(RecordPage):
    """The page of an opportunity: its stage, lines and documents."""

    record: Opportunity
    stages: Sequence[StageStep]
    lines: OpportunityLines
    documents: Card


def opportunity_page(opportunity: Opportunity, user: User) -> OpportunityPage:
    """Read and format everything that the page of an opportunity shows."""
    may_change = opportunity.is_open and user.has_perm("crm.change_opportunity")
    account = Link(str(opportunity.account), record_url(opportunity.account))
    revenue = format_money(opportunity.expected_revenue, opportunity.currency)
    return OpportunityPage(
        record=opportunity,
        crumb=Link(gettext("Opportunities"), reverse("crm:opportunity-list")),
        heading=str(opportunity),
        subtitle=joined(account, revenue),
        chips=[opportunity_chip(opportunity)],
        actions=Actions(_actions(opportunity, user)),
        flow=flow_steps(document_flow(opportunity), opportunity, user),
        stages=_stages(opportunity, may_change=may_change),
        lines=_lines(opportunity, may_change=may_change),
        documents=documents_of_opportunity(opportunity, user),
        facts=_facts(opportunity),
        activity=activity_card(opportunity, user),
    )


def _stages(opportunity: Opportunity, *, may_change: bool) -> list[StageStep]:
    return [_stage(opportunity, stage, may_change=may_change) for stage in Stage.objects.all()]


def _stage(opportunity: Opportunity, stage: Stage, *, may_change: bool) -> StageStep:
    is_current = stage.pk == opportunity.stage_id
    move = may_change and not is_current
    args = [opportunity.pk, stage.pk]
    return StageStep(
        name=stage.name,
        is_done=stage.position <= opportunity.stage.position,
        is_current=is_current,
        move_url=reverse("sales:opportunity-move", args=args) if move else "",
        move_label=gettext("Move to %(stage)s") % {"stage": stage},
    )


def _lines(opportunity: Opportunity, *, may_change: bool) -> OpportunityLines:
    def url(name: str, *more: object) -> str:
        if not may_change:
            return ""
        return reverse(f"sales:opportunity-{name}", args=[opportunity.pk, *more])

    currency = opportunity.currency
    return OpportunityLines(
        rows=[
            OpportunityLineRow(
                code=line.code_or_kind,
                description=line.description,
                quantity=format_quantity(line.quantity),
                unit=str(line.unit or ""),
                price=format_price(line.unit_price, currency, line.price_quantity),
                no_price=no_price_reason(line, currency),
                discount=format_discount(line, opportunity_terms(line, currency)),
                net=format_money(line.net, currency),
                remove_url=url("remove-line", line.pk),
                remove_label=gettext("Remove %(line)s") % {"line": line.description},
            )
            for line in opportunity.lines.select_related("unit")
        ],
        add_url=url("add-line"),
        deduct_url=url("deduct"),
        revenue_url=url("revenue"),
        revenue_is_computed=opportunity.revenue_is_computed,
    )


def _facts(opportunity: Opportunity) -> list[Fact]:
    """List the facts of the page."""
    contact, currency = opportunity.contact, opportunity.currency
    facts = [
        Fact(gettext("Account"), Link(str(opportunity.account), record_url(opportunity.account))),
        Fact(gettext("Contact"), Link(str(contact), record_url(contact)) if contact else "–"),
        Fact(gettext("Expected revenue"), format_money(opportunity.expected_revenue, currency)),
        Fact(gettext("Probability"), format_rate(opportunity.stage.probability_rate)),
        Fact(gettext("Expected close"), _close(opportunity)),
        Fact(gettext("Owner"), opportunity.owner),
    ]
    if opportunity.actual_revenue is not None:
        revenue = format_money(opportunity.actual_revenue, currency)
        facts.insert(3, Fact(gettext("Actual revenue"), revenue))
    if opportunity.lost_reason:
        parts = (opportunity.get_lost_reason_display(), opportunity.competitor)
        facts.insert(0, Fact(gettext("Lost because"), " · ".join(filter(None, parts))))
    return facts


def _close(opportunity: Opportunity) -> str:
    if opportunity.close_on is None:
        return "–"
    day = format_day(opportunity.close_on)
    if not opportunity.is_open:
        return day
    return f"{day} · {format_due(opportunity.close_on, timezone.localdate())}"


def _actions(opportunity: Opportunity, user: User) -> list[Action]:
    """List what can be done with an opportunity: offer, order, close, reopen, edit."""
    if not user.has_perm("crm.change_opportunity"):
        return []

    def url(name: str) -> str:
        return reverse(f"sales:opportunity-{name}", args=[opportunity.pk])

    def dialog(label: str, name: str, icon: str) -> Action:
        return Action(label, url(name), icon, asks=True, dialog=True)

    if not opportunity.is_open:
        reopen = Action(gettext("Reopen"), url("reopen"), "rotate-clockwise")
        return [reopen, _edit(opportunity)]
    return [
        dialog(gettext("Create quote"), "quote", "file-text"),
        dialog(gettext("Create order"), "order", "clipboard-check"),
        dialog(gettext("Close as won"), "win", "trophy"),
        dialog(gettext("Close as lost"), "lose", "circle-x"),
        _edit(opportunity),
    ]


def _edit(opportunity: Opportunity) -> Action:
    url = reverse("crm:opportunity-edit", args=[opportunity.pk])
    return Action(gettext("Edit"), url, "pencil", asks=True, reason=locked_reason(opportunity))


def locked_reason(opportunity: Opportunity) -> str:
    """Return why an opportunity is read-only, and the way on; empty while it is open."""
    if opportunity.is_open:
        return ""
    return gettext("A closed opportunity is read-only. Reopen it to change it.")
