"""Views of opportunities."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from common.formatting import format_day, format_money
from crm.models import Opportunity
from web.chips.customers import stage_chip
from web.display import Column
from web.filters.customers import OpportunityFilter
from web.forms.opportunities import OpportunityForm
from web.http import RepRequest, rep_with
from web.pages.lists import Empty
from web.pages.opportunities import RELATED, locked_reason, opportunity_page
from web.rendering import render_page
from web.screens import FormScreen, ListScreen


class OpportunityList(ListScreen[Opportunity]):
    """List of opportunities."""

    heading = _("Opportunities")
    columns = (
        Column(_("Name")),
        Column(_("Account")),
        Column(_("Stage"), needs_no_label=True),
        Column(_("Close"), wide_only=True),
        Column(_("Owner"), wide_only=True),
        Column(_("Expected"), "end"),
    )
    filter_class = OpportunityFilter
    grouped_by, summed = "currency", "expected_revenue"
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


def find(request: RepRequest, pk: uuid.UUID) -> Opportunity:
    """Find an opportunity the person may see."""
    opportunities = Opportunity.objects.visible_to(request.user)
    return get_object_or_404(opportunities.select_related(*RELATED), pk=pk)


@require_safe
@rep_with("crm.view_opportunity")
def detail(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Show an opportunity with its stage, lines and documents."""
    page = opportunity_page(find(request, pk), request.user)
    return render_page(request, "opportunities/detail.html", page)


class OpportunityEdit(FormScreen[Opportunity]):
    """Create or edit an opportunity."""

    form_class = OpportunityForm

    def prepare(self, record: Opportunity) -> None:
        """A new opportunity belongs to whoever makes it."""
        record.owner = self.person

    def initial(self) -> dict[str, Any]:
        """Start with the account one came from."""
        return {"account": self.request.GET["account"]} if "account" in self.request.GET else {}

    def refusal_reason(self, record: Opportunity) -> str:
        """Closed opportunities are read-only."""
        return locked_reason(record)

    def make_form(self, record: Opportunity, data: Any = None) -> OpportunityForm:
        """Build the form; it offers only what the person may see."""
        user = self.person
        return OpportunityForm(data, instance=record, initial=self.initial(), user=user)
