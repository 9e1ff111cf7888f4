"""Screens of leads."""

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
from django.views.decorators.http import require_POST, require_safe

from common.formatting import format_day, format_due
from crm.models import Lead
from crm.services.leads import (
    contact_lead,
    disqualify_lead,
    find_duplicates,
    qualify_lead,
    reopen_lead,
)
from web.actions import run_action, run_form_action
from web.chips.customers import lead_chip
from web.display import Action, Actions, Chip, Column, Fact, Link
from web.filters.customers import LeadFilter
from web.forms.leads import DisqualifyForm, LeadForm, QualifyForm
from web.http import RepRequest, rep_with
from web.record_urls import record_url
from web.screens import Empty, FormScreen, ListScreen


class LeadList(ListScreen[Lead]):
    """Who may buy."""

    heading = _("Leads")
    columns = (
        Column(_("Topic")),
        Column(_("Company")),
        Column(_("Person")),
        Column(_("Status"), speaks_for_itself=True),
        Column(_("Follow up"), speaks_for_itself=True),
        Column(_("Source"), wide_only=True),
        Column(_("Owner"), wide_only=True),
    )
    filter_class = LeadFilter
    new_label = _("New lead")
    empty = Empty(
        "user-plus",
        _("No leads yet"),
        _("A lead is somebody who may buy. Write down what you know; qualify it when it is real."),
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


def follow_up_chip(lead: Lead) -> Chip | None:
    """Show when an open lead is to be followed up, and whether that is late."""
    if lead.follow_up_on is None or not lead.is_open:
        return None
    days = (lead.follow_up_on - timezone.localdate()).days
    tone = "bad" if days < 0 else "warn" if days == 0 else "neutral"
    label = format_due(lead.follow_up_on)
    return Chip(label, tone, "calendar-event", title=format_day(lead.follow_up_on))  # type: ignore[arg-type]  # mypy widens the conditional


def find(request: RepRequest, pk: uuid.UUID) -> Lead:
    """Find a lead the person may see."""
    leads = Lead.objects.visible_to(request.user)
    related = ("owner", "team", "qualified_account", "qualified_contact")
    return get_object_or_404(leads.select_related(*related), pk=pk)


@require_safe
@rep_with("crm.view_lead")
def detail(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a lead and what is next."""
    return show(request, find(request, pk))


def show(request: RepRequest, lead: Lead, *, problem: str = "") -> HttpResponse:
    """Show the lead's page, with the reason when a deed was refused."""
    chips = [lead_chip(lead), follow_up_chip(lead)]
    context = {
        "record": lead,
        "chips": [chip for chip in chips if chip],
        "facts": facts(lead),
        "verbs": Actions(verbs(request, lead)),
        "locked": "" if lead.is_open else locked_reason(lead),
        "problem": problem,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return render(request, "crm/lead_detail.html", context, status=status)


def locked_reason(lead: Lead) -> str:
    """Say why a lead is read-only, and the way on."""
    if lead.status == Lead.Status.QUALIFIED:
        return gettext("Qualified leads are read-only: work goes on in the opportunity.")
    reason = lead.get_disqualified_reason_display()
    return gettext("Disqualified: %(reason)s. Reopen it to go on.") % {"reason": reason}


def facts(lead: Lead) -> list[Fact]:
    """List what one wants to know at a glance."""
    account, contact = lead.qualified_account, lead.qualified_contact
    shown = [
        Fact(gettext("Company"), lead.company_name or "–"),
        Fact(gettext("Person"), lead.full_name),
        Fact(gettext("Source"), lead.get_source_display()),
        Fact(gettext("Follow up"), format_day(lead.follow_up_on)),
        Fact(gettext("Owner"), lead.owner),
        Fact(gettext("Team"), lead.team or "–"),
    ]
    if account is not None:
        shown.append(Fact(gettext("Became account"), Link(str(account), record_url(account))))
    if contact is not None:
        shown.append(Fact(gettext("Became contact"), Link(str(contact), record_url(contact))))
    return shown


def verbs(request: RepRequest, lead: Lead) -> list[Action]:
    """List what can be done with a lead."""
    if not request.user.has_perm("crm.change_lead"):
        return []

    def address(name: str) -> str:
        return reverse(f"crm:lead-{name}", args=[lead.pk])

    ended = "" if lead.is_open else gettext("It is closed.")
    deeds = [
        Action(_("Qualify"), address("qualify"), "circle-check", asks=True, reason=ended),
        Action(_("Edit"), address("edit"), "pencil", asks=True, reason=ended),
        Action(
            _("Disqualify"),
            address("disqualify"),
            "circle-x",
            asks=True,
            dialog=True,
            reason=ended,
            tone="danger",
        ),
    ]
    if lead.status == Lead.Status.NEW:
        deeds.insert(1, Action(_("Mark as contacted"), address("contact"), "phone-call"))
    if not lead.is_open:
        deeds.insert(0, Action(_("Reopen"), address("reopen"), "rotate-clockwise"))
    return deeds


class LeadEdit(FormScreen[Lead]):
    """Make or edit a lead."""

    form_class = LeadForm

    def visible(self) -> models.QuerySet[Lead]:
        """Return the leads the person may see."""
        return Lead.objects.visible_to(self.person)

    def prepare(self, record: Lead) -> None:
        """A new lead belongs to whoever makes it."""
        record.owner = self.person

    def why_not(self, record: Lead) -> str:
        """Closed leads are read-only."""
        return "" if record.is_open else locked_reason(record)


@require_POST
@rep_with("crm.change_lead")
def contact(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Note that somebody spoke with them."""
    lead = find(request, pk)
    return run_action(
        request,
        lead,
        lambda: contact_lead(lead.pk, actor=request.user),
        done=gettext("%(record)s is contacted."),
        show=show,
    )


@require_POST
@rep_with("crm.change_lead")
def reopen(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Work on a closed lead again."""
    lead = find(request, pk)
    return run_action(
        request,
        lead,
        lambda: reopen_lead(lead.pk, actor=request.user),
        done=gettext("%(record)s is open again."),
        show=show,
    )


@rep_with("crm.change_lead")
def disqualify(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Close a lead that comes to nothing."""
    lead = find(request, pk)
    return run_form_action(
        request,
        lead,
        DisqualifyForm(request.POST or None),
        lambda answers: disqualify_lead(lead.pk, actor=request.user, **answers),
        heading=gettext("Disqualify %(lead)s") % {"lead": lead},
        label=gettext("Disqualify"),
        done=gettext("%(record)s is disqualified."),
    )


@rep_with("crm.change_lead")
def qualify(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Make a lead a customer: the rep chooses among possible duplicates."""
    lead = find(request, pk)
    if not lead.is_open:
        return show(request, lead, problem=locked_reason(lead))
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
        done=gettext("Qualified. Work goes on with %(record)s."),
    )
