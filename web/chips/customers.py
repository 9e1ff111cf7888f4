"""Status chips of leads and opportunities."""

from __future__ import annotations

from django.utils import timezone

from common.formatting import format_day, format_due
from crm.models import Lead, Opportunity
from web.display import Chip, Tone

LEAD_STYLES: dict[str, tuple[Tone, str]] = {
    Lead.Status.NEW: ("info", "sparkles"),
    Lead.Status.CONTACTED: ("brand", "phone-call"),
    Lead.Status.QUALIFIED: ("good", "circle-check"),
    Lead.Status.DISQUALIFIED: ("neutral", "circle-x"),
}
OPPORTUNITY_STYLES: dict[str, tuple[Tone, str]] = {
    Opportunity.Status.OPEN: ("info", "progress"),
    Opportunity.Status.WON: ("good", "trophy"),
    Opportunity.Status.LOST: ("neutral", "circle-x"),
}


def lead_chip(lead: Lead) -> Chip:
    """Show how far a lead is."""
    tone, icon = LEAD_STYLES[lead.status]
    return Chip(lead.get_status_display(), tone, icon)


def follow_up_chip(lead: Lead) -> Chip | None:
    """Show when an open lead is to be followed up, and whether that is late."""
    if lead.follow_up_on is None or not lead.is_open:
        return None
    days = (lead.follow_up_on - timezone.localdate()).days
    tone: Tone = "bad" if days < 0 else "warn" if days == 0 else "neutral"
    label = format_due(lead.follow_up_on)
    return Chip(label, tone, "calendar-event", title=format_day(lead.follow_up_on))


def opportunity_chip(opportunity: Opportunity) -> Chip:
    """Show whether an opportunity is open, won or lost."""
    tone, icon = OPPORTUNITY_STYLES[opportunity.status]
    return Chip(opportunity.get_status_display(), tone, icon)


def stage_chip(opportunity: Opportunity) -> Chip:
    """Show the stage of an open opportunity, else how it ended."""
    if opportunity.is_open:
        return Chip(str(opportunity.stage), "brand", "progress")
    return opportunity_chip(opportunity)
