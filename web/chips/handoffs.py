"""Status chips of handoffs, shipments and connections."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.utils.translation import gettext

from fulfilment.models import (
    Connection,
    Discrepancy,
    Handoff,
    Health,
    InboundMessage,
    Shipment,
)
from fulfilment.services.order_sync.sync_statuses import SyncStatus
from web.chips.sync import state_chip, status_chip
from web.display import Chip, Tone

State = Handoff.State

HANDOFF_STYLES: dict[str, tuple[Tone, str]] = {
    State.QUEUED: ("neutral", "clock"),
    State.SENDING: ("info", "send"),
    State.ACCEPTED: ("good", "check"),
    State.CONFIRMED: ("good", "checks"),
    State.RETRYING: ("warn", "refresh"),
    State.NEEDS_ATTENTION: ("bad", "alert-triangle"),
    State.UNKNOWN_OUTCOME: ("warn", "help"),
    State.SKIPPED: ("neutral", "player-skip-forward"),
    State.SUPERSEDED: ("neutral", "versions"),
}
SHIPMENT_STYLES: dict[str, tuple[Tone, str]] = {
    Shipment.Status.PLANNED: ("neutral", "calendar"),
    Shipment.Status.PICKED: ("info", "hand-grab"),
    Shipment.Status.PACKED: ("info", "package"),
    Shipment.Status.SHIPPED: ("brand", "truck-delivery"),
    Shipment.Status.DELIVERED: ("good", "home-check"),
    Shipment.Status.FAILED: ("bad", "alert-triangle"),
}
Result = InboundMessage.Result
MESSAGE_STYLES: dict[str, tuple[Tone, str]] = {
    Result.APPLIED: ("good", "check"),
    Result.STALE: ("neutral", "clock"),
    Result.ECHO: ("neutral", "check"),
    Result.DEFERRED: ("info", "clock"),
    Result.QUARANTINED: ("bad", "alert-triangle"),
    Result.CONFLICT: ("bad", "scale"),
}
TROUBLE = frozenset({State.NEEDS_ATTENTION, State.UNKNOWN_OUTCOME, State.RETRYING})
"""States in which a rep should know that the external system has not received it."""


def handoff_chip(handoff: Handoff) -> Chip:
    """Show how far a handoff is."""
    tone, icon = HANDOFF_STYLES[handoff.state]
    return Chip(handoff.get_state_display(), tone, icon, title=handoff.display_cause)


def shipment_chip(shipment: Shipment) -> Chip:
    """Show where a shipment is."""
    return Chip(shipment.get_status_display(), *SHIPMENT_STYLES[shipment.status])


def message_chip(message: InboundMessage) -> Chip:
    """Show what became of a message."""
    if message.result in InboundMessage.WAITING and not message.is_waiting:
        return Chip(gettext("Settled"), "neutral", "check")
    return Chip(message.get_result_display(), *MESSAGE_STYLES[message.result])


def discrepancy_chip(found: Discrepancy) -> Chip:
    """Show what kind of values differ, and whether that is decided."""
    if found.resolved_at is not None:
        return Chip(gettext("Decided"), "neutral", "check")
    return Chip(found.get_kind_display(), "bad", "scale")


def sync_chip(
    states: Iterable[str],
    sync: Collection[Any] = (),
    *,
    is_undecided: bool = False,
    not_shared: str = "",
) -> Chip | None:
    """Show the worst state of a document's handoffs and reports; nothing if it has none.

    ``sync`` is what supply-chain systems hold of it, with the status of each; ``not_shared`` says
    why none keeps it, where one could.
    """
    found, statuses = set(states), list(SyncStatus)
    if is_undecided:
        return Chip(gettext("A report needs a person"), "bad", "scale")
    quiet = status_chip(SyncStatus.NOT_SHARED, not_shared) if not_shared else None
    if not found and not sync:
        return quiet
    if State.NEEDS_ATTENTION in found:
        return Chip(gettext("Sync needs attention"), "bad", "alert-triangle")
    worst = min(sync, key=lambda state: statuses.index(state.sync_status), default=None)
    if worst is not None and worst.sync_status not in {SyncStatus.SYNCING, SyncStatus.IN_SYNC}:
        return state_chip(worst)
    sending = _sending_chip(found)
    if worst is not None and worst.sync_status == SyncStatus.SYNCING:
        return sending or state_chip(worst)
    return sending or quiet or status_chip(SyncStatus.IN_SYNC)


def _sending_chip(found: set[str]) -> Chip | None:
    """Show how far the handoffs are of which none waits for a person; None once all are there."""
    if found & TROUBLE:
        return Chip(gettext("Sync retrying"), "warn", "refresh")
    if found & {State.QUEUED, State.SENDING}:
        return status_chip(SyncStatus.SYNCING)
    return None


def connection_chip(connection: Connection, health: Health | None) -> Chip:
    """Show whether messages are sent to a connection, and why not."""
    if connection.status != Connection.Status.ACTIVE:
        return Chip(connection.get_status_display(), "neutral", "player-pause")
    if health is not None and health.breaker != Health.Breaker.CLOSED:
        title = health.display_last_failure
        return Chip(gettext("Not sending"), "bad", "plug-connected-x", title=title)
    return Chip(gettext("Connected"), "good", "plug-connected")
