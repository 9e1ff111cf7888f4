"""Screens of opportunities."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from common.formatting import format_day, format_due, format_money, format_rate
from crm.models import Opportunity, Stage
from web.chips.customers import opportunity_chip, stage_chip
from web.display import Action, Column, Fact, Link
from web.filters.customers import OpportunityFilter
from web.forms.opportunities import OpportunityForm
from web.http import RepRequest, rep_with
from web.record_urls import record_url
from web.screens import Empty, FormScreen, ListScreen, sums_per_currency


class OpportunityList(ListScreen[Opportunity]):
    """What we are working on."""

    heading = _("Opportunities")
    columns = (
        Column(_("Name")),
        Column(_("Account")),
        Column(_("Stage"), speaks_for_itself=True),
        Column(_("Close"), wide_only=True),
        Column(_("Owner"), wide_only=True),
        Column(_("Expected"), "end"),
    )
    filter_class = OpportunityFilter
    has_sums = True
    new_label = _("New opportunity")
    empty = Empty(
        "target-arrow",
        _("No opportunities yet"),
        _("An opportunity is a sale you are working on. Qualify a lead, or start one here."),
    )

    def records(self) -> models.QuerySet[Opportunity]:
        """Return the opportunities the reader may see."""
        visible = Opportunity.objects.visible_to(self.person)
        return visible.select_related("account", "stage", "owner")

    def cells(self, record: Opportunity) -> Sequence[object]:
        """Return name, customer, how far it is, what it may bring."""
        close = format_day(record.close_on) if record.close_on else ""
        revenue = format_money(record.expected_revenue, record.currency)
        return (record.name, record.account, stage_chip(record), close, record.owner, revenue)

    def sums(self, records: models.QuerySet[Opportunity]) -> list[str]:
        """Return the expected revenue per currency."""
        return sums_per_currency(records, "expected_revenue")


def find(request: RepRequest, pk: uuid.UUID) -> Opportunity:
    """Find an opportunity the person may see."""
    opportunities = Opportunity.objects.visible_to(request.user)
    related = ("account", "contact", "stage", "owner", "team", "lead")
    return get_object_or_404(opportunities.select_related(*related), pk=pk)


@require_safe
@rep_with("crm.view_opportunity")
def detail(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Show an opportunity with its stage, its quotes and what is next."""
    return show(request, find(request, pk))


def show(request: RepRequest, opportunity: Opportunity, *, problem: str = "") -> HttpResponse:
    """Show the opportunity's page, with the reason when a deed was refused."""
    context = {
        "record": opportunity,
        "chips": [opportunity_chip(opportunity)],
        "facts": facts(opportunity),
        "stages": Stage.objects.all(),
        "edit": edit_verb(opportunity),
        "may_change": request.user.has_perm("crm.change_opportunity"),
        "problem": problem,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return render(request, "crm/opportunity_detail.html", context, status=status)


def facts(opportunity: Opportunity) -> list[Fact]:
    """List what one wants to know at a glance."""
    contact, currency = opportunity.contact, opportunity.currency
    shown = [
        Fact(gettext("Account"), Link(str(opportunity.account), record_url(opportunity.account))),
        Fact(gettext("Contact"), Link(str(contact), record_url(contact)) if contact else "–"),
        Fact(gettext("Expected revenue"), format_money(opportunity.expected_revenue, currency)),
        Fact(gettext("Probability"), format_rate(opportunity.stage.probability_rate)),
        Fact(gettext("Expected close"), _close(opportunity)),
        Fact(gettext("Owner"), opportunity.owner),
    ]
    if opportunity.actual_revenue is not None:
        revenue = format_money(opportunity.actual_revenue, currency)
        shown.insert(3, Fact(gettext("Actual revenue"), revenue))
    if opportunity.lost_reason:
        reason = " · ".join(
            filter(None, [opportunity.get_lost_reason_display(), opportunity.competitor])
        )
        shown.insert(0, Fact(gettext("Lost because"), reason))
    return shown


def _close(opportunity: Opportunity) -> str:
    if opportunity.close_on is None:
        return "–"
    day = format_day(opportunity.close_on)
    if opportunity.status != Opportunity.Status.OPEN:
        return day
    return f"{day} · {format_due(opportunity.close_on, timezone.localdate())}"


def edit_verb(opportunity: Opportunity) -> Action:
    """Offer to edit an open opportunity."""
    reason = "" if opportunity.status == Opportunity.Status.OPEN else gettext("It is closed.")
    address = reverse("crm:opportunity-edit", args=[opportunity.pk])
    return Action(_("Edit"), address, "pencil", asks=True, reason=reason)


class OpportunityEdit(FormScreen[Opportunity]):
    """Make or edit an opportunity."""

    form_class = OpportunityForm

    def visible(self) -> models.QuerySet[Opportunity]:
        """Return the opportunities the person may see."""
        return Opportunity.objects.visible_to(self.person)

    def prepare(self, record: Opportunity) -> None:
        """A new opportunity belongs to whoever makes it."""
        record.owner = self.person

    def initial(self) -> dict[str, Any]:
        """Start with the account one came from."""
        return {"account": self.request.GET["account"]} if "account" in self.request.GET else {}

    def why_not(self, record: Opportunity) -> str:
        """Closed opportunities are read-only."""
        if record.status == Opportunity.Status.OPEN:
            return ""
        return gettext("A closed opportunity is read-only. Reopen it to change it.")

    def make_form(self, record: Opportunity, data: Any = None) -> OpportunityForm:
        """Build the form; it offers only what the person may see."""
        user = self.person
        return OpportunityForm(data, instance=record, initial=self.initial(), user=user)
