"""Known versions: what of ours a snapshot holds of a system that does not say so.

Such a system is taken for one that overwrites: a snapshot is merged only where it is certain for
each of our pushes whether it was applied before; else the order is read there again.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from django.db.models import Exists, OuterRef
from django.utils import timezone

from fulfilment.models import Attempt, Handoff, SyncState

State = Handoff.State

NOT_APPLIED = frozenset({State.QUEUED, State.RETRYING, State.NEEDS_ATTENTION})
"""The states of a push that nobody has applied, unless an attempt ended with an unknown outcome."""


class SentPush(NamedTuple):
    """A push of ours: its handoff's state, when it was answered, and whether one was not."""

    state: str
    delivered_at: dt.datetime | None
    is_unsure: bool

    @property
    def is_not_applied(self) -> bool:
        """Whether nobody has applied it, for certain."""
        return self.state in NOT_APPLIED and not self.is_unsure

    def was_answered(self, by: dt.datetime | None) -> bool:
        """Whether its answer was here by a moment; None is before all of them."""
        return by is not None and self.delivered_at is not None and self.delivered_at <= by


READ_AFTER = dt.timedelta(seconds=2)
"""Pause before an order is read again, in which a push under way is answered."""


def certain_version(state: SyncState, read_at: dt.datetime | None) -> int | None:
    """Return the latest version of ours that a snapshot certainly holds, and no later one.

    ``read_at`` is when it was read there, None for one that was sent: that may be older than any
    push that was answered since the last snapshot. Returns None where that is not known. One
    statement, none without a push that they may not know.
    """
    known = state.knows
    if not state.pushes:
        return known
    sent = _handoffs(state)
    for push in sorted(state.pushes, key=lambda each: each["version"]):
        handoff = sent.get(push["message_id"])
        if handoff is None or handoff.is_not_applied:
            continue
        if not handoff.was_answered(read_at):
            return None
        known = push["version"]
    return known


def forget_lost_pushes(
    state: SyncState, read_at: dt.datetime, *, knows: int | None, is_news: bool
) -> None:
    """Forget the pushes that were answered before their order was read, and are not in it.

    ``knows`` is the version that the order says it knows. One that says none has applied nothing
    since it was as we have it, unless it ``is_news``. What was refused before counts as read, too.
    """
    if not (knows is None and is_news):
        known = state.knows if knows is None else knows
        sent = _handoffs(state) if state.pushes else {}
        state.pushes = [
            push
            for push in state.pushes
            if push["version"] <= known or not _was_answered(sent.get(push["message_id"]), read_at)
        ]
    state.must_send_again, state.read_due_at = False, None
    state.save(update_fields=["pushes", "must_send_again", "read_due_at", "updated_at"])


def _was_answered(push: SentPush | None, read_at: dt.datetime) -> bool:
    return push is not None and push.was_answered(read_at)


def ask_to_read(state: SyncState) -> bool:
    """Have an order read there soon; returns True."""
    state.read_due_at = timezone.now() + READ_AFTER
    state.save(update_fields=["read_due_at", "updated_at"])
    return True


def _handoffs(sync: SyncState) -> dict[str, SentPush]:
    """Read how each push stands, by message id."""
    unsure = Attempt.objects.filter(handoff=OuterRef("pk"), outcome=Attempt.Outcome.UNKNOWN)
    rows = Handoff.objects.filter(
        lane__connection=sync.connection_id,
        message_id__in=[push["message_id"] for push in sync.pushes],
    ).annotate(is_unsure=Exists(unsure))
    return {
        message_id: SentPush(state, delivered_at, is_unsure)
        for message_id, state, delivered_at, is_unsure in rows.values_list(
            "message_id", "state", "delivered_at", "is_unsure"
        )
    }
