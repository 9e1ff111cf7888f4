"""Pages of a message that an external system sent, and of a discrepancy."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext

from common.formatting import format_moment
from crm.models import User
from fulfilment.models import Discrepancy, InboundMessage
from sales.models import AnyDocument, Invoice, Order
from web.chips.handoffs import discrepancy_chip, message_chip
from web.display import Action, Actions, Fact, Link
from web.pages.records import RecordPage
from web.pages.undecided import compared
from web.record_urls import record_url


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessagePage(RecordPage):
    """The page of a received message."""

    record: InboundMessage
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscrepancyPage(RecordPage):
    """The page of a discrepancy."""

    record: Discrepancy


def message_page(message: InboundMessage, user: User, *, problem: str = "") -> InboundMessagePage:
    """Read and format everything that the page of a message shows."""
    document = _document(message.root_id)
    facts = [
        *_document_facts(document),
        Fact(gettext("As the sender names it"), message.subject),
        Fact(gettext("Connection"), message.connection),
        Fact(gettext("Message id"), message.message_id),
        Fact(gettext("Sequence"), message.sequence),
        Fact(gettext("Received"), format_moment(message.received_at)),
    ]
    if message.part:
        facts.insert(1, Fact(gettext("Their reference"), message.part))
    if message.resolution:
        facts.append(Fact(gettext("Set aside"), message.display_resolution))
    return InboundMessagePage(
        record=message,
        crumb=Link(gettext("Handoffs"), reverse("fulfilment:handoff-list")),
        heading=message.type,
        subtitle=f"{message.connection} → {document or message.subject}",
        chips=[message_chip(message)],
        actions=Actions(_message_actions(message, user)),
        problem=problem or (message.display_detail if message.is_open else ""),
        facts=facts,
        body=json.dumps(message.body, indent=2, ensure_ascii=False),
    )


def discrepancy_page(found: Discrepancy, user: User, *, problem: str = "") -> DiscrepancyPage:
    """Read and format everything that the page of a discrepancy shows."""
    facts = [
        *_document_facts(_document(found.record_id)),
        Fact(gettext("About"), found.about or found.field or "–"),
        Fact(gettext("Ours"), found.display_ours or "–"),
        Fact(gettext("Theirs"), found.theirs),
        Fact(gettext("Difference"), found.difference or "–"),
        Fact(gettext("Connection"), found.connection),
        Fact(gettext("Opened"), format_moment(found.opened_at)),
    ]
    if found.part:
        facts.insert(1, Fact(gettext("Their reference"), found.part))
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


def _document(key: uuid.UUID | None) -> AnyDocument | None:
    """Find the order or invoice with an id."""
    for model in (Order, Invoice):
        found: AnyDocument | None = (
            model._default_manager.filter(pk=key).select_related("owner").first()
        )
        if found is not None:
            return found
    return None


def _document_facts(document: AnyDocument | None) -> list[Fact]:
    if document is None:
        return [Fact(gettext("Document"), "–")]
    return [
        Fact(gettext("Document"), Link(str(document), record_url(document))),
        Fact(gettext("Owner"), document.owner),
    ]


def _message_actions(message: InboundMessage, user: User) -> list[Action]:
    if not user.has_perm("fulfilment.change_inboundmessage"):
        return []
    settled = "" if message.is_open else gettext("The message is applied, or settled already.")

    def url(name: str) -> str:
        return reverse(f"fulfilment:inboundmessage-{name}", args=[message.pk])

    return [
        Action(gettext("Apply again"), url("apply"), "refresh", reason=settled),
        Action(
            gettext("Set aside"),
            url("set-aside"),
            "player-skip-forward",
            asks=True,
            dialog=True,
            reason=settled,
            tone="danger",
        ),
    ]


def _discrepancy_actions(found: Discrepancy, user: User) -> list[Action]:
    if not user.has_perm("fulfilment.change_discrepancy"):
        return []
    decided = gettext("It is decided already.") if found.resolved_at else ""
    url = reverse("fulfilment:discrepancy-decide", args=[found.pk])
    return [Action(gettext("Decide"), url, "scale", asks=True, dialog=True, reason=decided)]
