"""Page of a discrepancy, and its row among the reports that need a person."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext

from common.formatting import format_moment
from crm.models import User
from fulfilment.models import Discrepancy, InboundMessage
from fulfilment.monitoring.integration_log import describe_message
from fulfilment.services.discrepancies import already_resolved
from web.chips.handoffs import discrepancy_chip
from web.display import Action, Actions, Fact, Link, When
from web.pages.cards import CardRow
from web.pages.inbound_messages import identity_of
from web.pages.records import RecordPage
from web.pages.report_documents import Owners, document_facts, document_of
from web.record_urls import record_url


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscrepancyPage(RecordPage):
    """The page of a discrepancy."""

    record: Discrepancy


def discrepancy_page(found: Discrepancy, user: User, *, problem: str = "") -> DiscrepancyPage:
    """Read and format everything that the page of a discrepancy shows."""
    facts = [
        *document_facts(document_of(found.record_id)),
        Fact(gettext("About"), found.display_about or "–"),
        Fact(gettext("Ours"), found.display_ours or "–"),
        Fact(gettext("Theirs"), found.display_theirs),
        Fact(gettext("Difference"), found.difference or "–"),
        Fact(gettext("Rule"), found.display_rule or "–"),
        Fact(gettext("Connection"), found.connection),
        *_report_facts(found.report),
        Fact(gettext("Opened"), format_moment(found.opened_at)),
    ]
    if found.part:
        facts.insert(1, Fact(gettext("Their reference"), found.display_part))
    if found.resolved_at:
        facts.append(Fact(gettext("Decided"), found.decision))
    return DiscrepancyPage(
        record=found,
        crumb=Link(gettext("Handoffs"), reverse("fulfilment:handoff-list")),
        heading=found.get_kind_display(),
        subtitle=compared(found),
        chips=[discrepancy_chip(found)],
        actions=Actions(_discrepancy_actions(found, user)),
        problem=problem,
        facts=facts,
    )


def _report_facts(report: InboundMessage | None) -> list[Fact]:
    """Say which report it is, with a link to it, what it says, and when it came."""
    if report is None:
        return [Fact(gettext("Report"), gettext("The answer to a message of ours"))]
    return [
        Fact(gettext("Report"), Link(identity_of(report), record_url(report))),
        Fact(gettext("What it says"), describe_message(report)),
        Fact(gettext("Received"), format_moment(report.received_at)),
    ]


def discrepancy_row(found: Discrepancy, owners: Owners, user: User) -> CardRow:
    """Show both values, the rule and the report, and about whose document they are."""
    return CardRow(
        title=compared(found),
        url=record_url(found),
        detail=" · ".join(
            filter(
                None,
                (
                    found.record_number,
                    found.display_part,
                    found.display_rule,
                    identity_of(found.report) if found.report else "",
                    str(found.connection),
                    owners.get(found.record_id),
                ),
            )
        ),
        chip=discrepancy_chip(found),
        when=When.of(found.opened_at),
        actions=_discrepancy_actions(found, user),
    )


def compared(found: Discrepancy) -> str:
    """Write both values, and by how much they differ."""
    values = {
        "about": found.display_about or found.record_number,
        "ours": found.display_ours or "–",
        "theirs": found.display_theirs,
        "connection": found.connection,
        "difference": found.difference,
    }
    if found.difference:
        text = gettext("%(about)s: ours %(ours)s, %(connection)s %(theirs)s (%(difference)s)")
    else:
        text = gettext("%(about)s: ours %(ours)s, %(connection)s %(theirs)s")
    return text % values


def conflicts_url(found: Discrepancy) -> str:
    """Return where the fields of an order are decided that are in conflict with a system."""
    return reverse("fulfilment:order-conflicts", args=[found.record_id, found.connection.code])


def _discrepancy_actions(found: Discrepancy, user: User) -> list[Action]:
    """Offer the decision: who may change the order chooses the value of a field in conflict."""
    is_field = found.compared is not None
    right = "sales.change_order" if is_field else "fulfilment.change_discrepancy"
    if not user.has_perm(right):
        return []
    decided = str(already_resolved(found)) if found.resolved_at else ""
    url = reverse("fulfilment:discrepancy-decide", args=[found.pk])
    if is_field:
        url = conflicts_url(found)
    return [Action(gettext("Decide"), url, "scale", asks=True, dialog=True, reason=decided)]
