"""Views of leads."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from crm.models import Lead
from crm.services.leads import (
    contact_lead,
    disqualify_lead,
    find_duplicates,
    qualify_lead,
    reopen_lead,
)
from web.actions import action, run_action, run_form_action
from web.chips.customers import follow_up_chip, lead_chip
from web.display import Column
from web.filters.customers import LeadFilter
from web.forms.leads import DisqualifyForm, LeadForm, QualifyForm
from web.htmx import refuse
from web.http import RepRequest, rep_with
from web.pages.leads import RELATED, lead_page, locked_reason
from web.pages.lists import Empty
from web.record_urls import record_url
from web.rendering import render_page
from web.screens import FormScreen, ListScreen


class LeadList(ListScreen[Lead]):
    """List of leads."""

    heading = _("Leads")
    columns = (
        Column(_("Topic")),
        Column(_("Company")),
        Column(_("Person")),
        Column(_("Status"), needs_no_label=True),
        Column(_("Follow up"), needs_no_label=True),
        Column(_("Source"), wide_only=True),
        Column(_("Owner"), wide_only=True),
    )
    filter_class = LeadFilter
    new_label = _("New lead")
    empty = Empty(
        "user-plus",
        _("No leads yet"),
        _("A lead is a person or company that may become a customer. Qualify it once it is real."),
    )

    def records(self) -> models.QuerySet[Lead]:
        """Return the leads the reader may see."""
        return Lead.objects.visible_to(self.person).select_related("owner")

    def cells(self, record: Lead) -> Sequence[object]:
        """Return topic, who, how far, when to follow up."""
        return (
            record.topic,
            record.company_name,
            record.full_name,
            lead_chip(record),
            follow_up_chip(record) or "",
            record.get_source_display(),
            record.owner,
        )


def find(request: RepRequest, pk: uuid.UUID) -> Lead:
    """Find a lead the person may see."""
    leads = Lead.objects.visible_to(request.user)
    return get_object_or_404(leads.select_related(*RELATED), pk=pk)


@require_safe
@rep_with("crm.view_lead")
def detail(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a lead."""
    page = lead_page(find(request, pk), request.user)
    return render_page(request, "leads/detail.html", page)


class LeadEdit(FormScreen[Lead]):
    """Create or edit a lead."""

    form_class = LeadForm

    def prepare(self, record: Lead) -> None:
        """A new lead belongs to whoever makes it."""
        record.owner = self.person

    def refusal_reason(self, record: Lead) -> str:
        """Closed leads are read-only."""
        return locked_reason(record)


@action(Lead, "crm.change_lead")
def contact(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Mark the lead as contacted."""
    lead = find(request, pk)
    return run_action(
        request,
        lead,
        lambda: contact_lead(lead.pk, actor=request.user),
        done=gettext("%(record)s is contacted."),
    )


@action(Lead, "crm.change_lead")
def reopen(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Reopen a closed lead."""
    lead = find(request, pk)
    return run_action(
        request,
        lead,
        lambda: reopen_lead(lead.pk, actor=request.user),
        done=gettext("%(record)s is open again."),
    )


@rep_with("crm.change_lead")
def disqualify(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Disqualify a lead, with the reason."""
    lead = find(request, pk)
    return run_form_action(
        request,
        lead,
        DisqualifyForm(request.POST or None),
        lambda answers: disqualify_lead(lead.pk, actor=request.user, **answers),
        check=lambda: lead.refuse_move_to(Lead.Status.DISQUALIFIED),
        heading=gettext("Disqualify %(lead)s") % {"lead": lead},
        label=gettext("Disqualify"),
        done=gettext("%(record)s is disqualified."),
    )


@rep_with("crm.change_lead")
def qualify(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Qualify a lead; the rep chooses among possible duplicates."""
    lead = find(request, pk)
    if reason := locked_reason(lead):
        return refuse(request, reason, record_url(lead))
    form = QualifyForm(
        request.POST or None, lead=lead, duplicates=find_duplicates(lead, actor=request.user)
    )

    def make_customer(answers: dict[str, Any]) -> models.Model:
        made = qualify_lead(lead.pk, actor=request.user, **answers)
        return made.opportunity or made.account

    return run_form_action(
        request,
        lead,
        form,
        make_customer,
        heading=gettext("Qualify %(lead)s") % {"lead": lead},
        label=gettext("Qualify"),
        done=gettext("The lead is qualified. Continue with %(record)s."),
    )
