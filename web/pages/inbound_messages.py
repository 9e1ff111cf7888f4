"""Page of a message that an external system sent, and its row among what needs a person."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext

from common.formatting import format_moment
from crm.models import User
from fulfilment.inbound.message_actions import check_waiting
from fulfilment.models import InboundMessage
from fulfilment.monitoring.integration_log import describe_message
from web.chips.handoffs import message_chip
from web.display import Action, Actions, Fact, Link, When
from web.pages.cards import Card, CardRow
from web.pages.records import RecordPage, refusal_of
from web.pages.report_documents import (
    Owners,
    document_facts,
    document_of,
    owner_without_document,
)
from web.pages.unmapped_codes import unmapped_codes_card
from web.record_urls import record_url


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessagePage(RecordPage):
    """The page of a received message."""

    record: InboundMessage
    body: str
    unmapped: Card | None
    """The codes that it waits for."""


def message_page(message: InboundMessage, user: User, *, problem: str = "") -> InboundMessagePage:
    """Read and format everything that the page of a message shows."""
    document = document_of(message.root_id, message.subject)
    facts = [
        *document_facts(document),
        Fact(gettext("As the sender names it"), message.subject),
        Fact(gettext("What it says"), describe_message(message)),
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
        problem=problem or (message.display_detail if message.is_waiting else ""),
        facts=facts,
        unmapped=unmapped_codes_card(InboundMessage.objects.open().filter(pk=message.pk), user),
        body=json.dumps(message.body, indent=2, ensure_ascii=False),
    )


def message_row(message: InboundMessage, owners: Owners, user: User) -> CardRow:
    """Show why a message was not applied, what it says, and about whose document it is."""
    owner = owners.get(message.root_id or message.subject) or owner_without_document()
    description = describe_message(message)
    parts = (
        *(name for name in (message.subject, message.part) if name not in description),
        description,
        identity_of(message),
        str(message.connection),
        owner,
    )
    return CardRow(
        title=message.display_detail or str(message),
        url=record_url(message),
        detail=" · ".join(filter(None, parts)),
        chip=message_chip(message),
        when=When.of(message.received_at),
        actions=_message_actions(message, user),
    )


def identity_of(message: InboundMessage) -> str:
    """Name a message by its type, its sequence, its id and when it came."""
    text = gettext("%(type)s, sequence %(sequence)s, %(id)s, received %(time)s")
    values = {
        "type": message.type,
        "sequence": message.sequence,
        "id": message.message_id,
        "time": format_moment(message.received_at),
    }
    return text % values


def _message_actions(message: InboundMessage, user: User) -> list[Action]:
    if not user.has_perm("fulfilment.change_inboundmessage"):
        return []
    settled = refusal_of(check_waiting, message)

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
