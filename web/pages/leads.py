"""Page of a lead."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext

from common.formatting import format_day
from crm.models import Lead, User
from web.chips.customers import follow_up_chip, lead_chip
from web.display import Action, Actions, Fact, Link, joined
from web.pages.activity import activity_card
from web.pages.cards import CardRow, person_mark
from web.pages.document_flow import document_flow, flow_steps
from web.pages.records import RecordPage, reach
from web.record_urls import record_url

RELATED = ("owner", "team", "qualified_account", "qualified_contact")
"""What a lead's page reads along with the lead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadPage(RecordPage):
    """The page of a lead."""

    record: Lead
    person: CardRow


def lead_page(lead: Lead, user: User) -> LeadPage:
    """Read and format everything that the page of a lead shows."""
    return LeadPage(
        record=lead,
        crumb=Link(gettext("Leads"), reverse("crm:lead-list")),
        heading=str(lead),
        subtitle=joined(lead.full_name, lead.company_name),
        chips=[chip for chip in (lead_chip(lead), follow_up_chip(lead)) if chip],
        actions=Actions(_actions(lead, user)),
        locked=locked_reason(lead),
        flow=flow_steps(document_flow(lead), lead, user),
        person=CardRow(
            mark=person_mark(lead.full_name), title=lead.full_name, detail=lead.company_name
        ),
        reach=reach(lead.email, lead.phone),
        facts=_facts(lead),
        activity=activity_card(lead, user),
    )


def locked_reason(lead: Lead) -> str:
    """Return why a lead is read-only, and the way on; empty while it is open."""
    if lead.is_open:
        return ""
    if lead.status == Lead.Status.QUALIFIED:
        return gettext("Qualified leads are read-only: work goes on in the opportunity.")
    reason = lead.get_disqualified_reason_display()
    return gettext("Disqualified: %(reason)s. Reopen it to go on.") % {"reason": reason}


def _facts(lead: Lead) -> list[Fact]:
    """List the facts of the page."""
    account, contact = lead.qualified_account, lead.qualified_contact
    facts = [
        Fact(gettext("Company"), lead.company_name or "–"),
        Fact(gettext("Person"), lead.full_name),
        Fact(gettext("Source"), lead.get_source_display()),
        Fact(gettext("Follow up"), format_day(lead.follow_up_on)),
        Fact(gettext("Owner"), lead.owner),
        Fact(gettext("Team"), lead.team or "–"),
    ]
    if account is not None:
        facts.append(Fact(gettext("Became account"), Link(str(account), record_url(account))))
    if contact is not None:
        facts.append(Fact(gettext("Became contact"), Link(str(contact), record_url(contact))))
    return facts


def _actions(lead: Lead, user: User) -> list[Action]:
    """List what can be done with a lead now."""
    if not user.has_perm("crm.change_lead"):
        return []

    def url(name: str) -> str:
        return reverse(f"crm:lead-{name}", args=[lead.pk])

    ended = locked_reason(lead)
    actions = [
        Action(gettext("Qualify"), url("qualify"), "circle-check", asks=True, reason=ended),
        Action(gettext("Edit"), url("edit"), "pencil", asks=True, reason=ended),
        Action(
            gettext("Disqualify"),
            url("disqualify"),
            "circle-x",
            asks=True,
            dialog=True,
            reason=ended,
            tone="danger",
        ),
    ]
    if lead.status == Lead.Status.NEW:
        actions.insert(1, Action(gettext("Mark as contacted"), url("contact"), "phone-call"))
    if not lead.is_open:
        actions.insert(0, Action(gettext("Reopen"), url("reopen"), "rotate-clockwise"))
    return actions
