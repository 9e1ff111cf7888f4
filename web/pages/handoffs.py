"""Page of a handoff: the body sent, every attempt and its answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext

from common.formatting import format_moment
from crm.models import User
from fulfilment.models import Attempt, Handoff
from fulfilment.monitoring.waiting import Wait, wait_of
from fulfilment.outbound.handoff_actions import (
    check_can_set_aside,
    check_replayable,
    stuck_like,
)
from fulfilment.outbound.payload_diff import ChangedValue, changed_since
from sales.models import kind_named
from web.chips.handoffs import handoff_chip
from web.display import Action, Actions, Fact, Link, When
from web.pages.cards import Card, CardRow
from web.pages.records import RecordPage, refusal_of
from web.record_urls import record_url

RELATED = ("event", "lane__connection__health", "payload__connection")
"""What a handoff's page reads along with the handoff."""

ATTEMPTS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffPage(RecordPage):
    """The page of a handoff."""

    record: Handoff
    attempts: Card
    changed: Sequence[ChangedValue]
    """What of the document has changed since the message was frozen."""
    body: str


def handoff_page(handoff: Handoff, user: User) -> HandoffPage:
    """Read and format everything that the page of a handoff shows."""
    event = handoff.event
    return HandoffPage(
        record=handoff,
        crumb=Link(gettext("Handoffs"), reverse("fulfilment:handoff-list")),
        heading=event.get_type_display(),
        subtitle=f"{event.subject_number} → {handoff.lane.connection}",
        chips=[handoff_chip(handoff)],
        actions=Actions(_actions(handoff, user)),
        problem=handoff.display_cause,
        facts=_facts(handoff),
        attempts=_attempts(handoff),
        changed=changed_since(handoff),
        body=json.dumps(json.loads(handoff.payload.body), indent=2, ensure_ascii=False),
    )


def _attempts(handoff: Handoff) -> Card:
    made = handoff.attempts.order_by("-id")[:ATTEMPTS]
    return Card(
        title=gettext("Attempts"),
        id="attempts",
        rows=[_attempt_row(attempt) for attempt in made],
        empty=gettext("Not tried yet."),
    )


def _attempt_row(attempt: Attempt) -> CardRow:
    parts = (
        f"HTTP {attempt.status_code}" if attempt.status_code else "",
        f"{attempt.duration_ms} ms",
        attempt.display_detail,
    )
    return CardRow(
        title=_outcome(attempt),
        detail=" · ".join(filter(None, parts)),
        when=When.exactly(attempt.started_at),
    )


def _outcome(attempt: Attempt) -> str:
    """Say how an attempt ended, and that it was a look-up where its outcome does not."""
    is_clear = attempt.outcome in {Attempt.Outcome.FOUND, Attempt.Outcome.NOT_FOUND}
    if attempt.verb == Attempt.Verb.PUSH or is_clear:
        return attempt.get_outcome_display()
    return gettext("Look-up: %(outcome)s") % {"outcome": attempt.get_outcome_display()}


def _actions(handoff: Handoff, user: User) -> list[Action]:
    """Offer to send it again, alone or with all of the same cause, or to set it aside."""
    if not user.has_perm("fulfilment.replay_handoff"):
        return []

    def url(name: str) -> str:
        return reverse(f"fulfilment:handoff-{name}", args=[handoff.pk])

    not_replayable = refusal_of(check_replayable, handoff)
    not_stuck = refusal_of(check_can_set_aside, handoff)
    again = Action(
        gettext("Send again"),
        url("replay"),
        "refresh",
        reason=not_replayable,
        aside=bool(not_stuck),
    )
    skip = Action(
        gettext("Skip"),
        url("skip"),
        "player-skip-forward",
        asks=True,
        dialog=True,
        reason=not_stuck,
        tone="danger",
    )
    settle = Action(
        gettext("Handled outside"),
        url("settle"),
        "check",
        asks=True,
        dialog=True,
        reason=not_stuck,
        aside=True,
    )
    return [again, *_all_again(handoff, url("replay-like")), settle, skip]


def _all_again(handoff: Handoff, url: str) -> list[Action]:
    """Offer to send all again that the same cause holds up."""
    if handoff.state != Handoff.State.NEEDS_ATTENTION:
        return []
    count = stuck_like(handoff).count()
    if count < 2:
        return []
    label = gettext("Send all %(count)d with this cause again") % {"count": count}
    return [Action(label, url, "refresh", aside=True)]


def _facts(handoff: Handoff) -> list[Fact]:
    """List the facts of the page."""
    event = handoff.event
    document = kind_named(event.subject_type).model.objects.filter(pk=event.subject_id).first()
    facts = [
        Fact(gettext("Document"), Link(str(document), record_url(document)) if document else "–"),
        Fact(gettext("Connection"), handoff.lane.connection),
        Fact(gettext("Their reference"), handoff.reference or "–"),
        Fact(gettext("Position in its lane"), handoff.position),
        Fact(gettext("Message id"), handoff.message_id),
        Fact(gettext("Created"), format_moment(handoff.created_at)),
        Fact(gettext("Delivered"), format_moment(handoff.delivered_at)),
    ]
    if wait := wait_of(handoff):
        facts.insert(0, Fact(gettext("Waits for"), _wait(wait)))
    if handoff.resolution:
        facts.append(Fact(gettext("Decided"), handoff.display_resolution))
    return facts


def _wait(wait: Wait) -> object:
    """Draw what a handoff waits for, with a link to the one that goes first."""
    if wait.behind is None:
        return wait.text
    return Link(wait.text, reverse("fulfilment:handoff-detail", args=[wait.behind]))
