"""Status chips of two-way sync: whether supply-chain systems hold an order as we do."""

from __future__ import annotations

from django.utils.translation import gettext

from fulfilment.models import SyncState
from fulfilment.services.sync_statuses import SyncStatus
from web.display import Chip, Tone

SYNC_LOOKS: dict[SyncStatus, tuple[Tone, str]] = {
    SyncStatus.IN_SYNC: ("good", "cloud-check"),
    SyncStatus.SYNCING: ("info", "arrows-exchange"),
    SyncStatus.WAITING: ("warn", "clock"),
    SyncStatus.DIFFERS: ("warn", "scale"),
    SyncStatus.NOT_SHARED: ("neutral", "cloud-off"),
}


def status_chip(status: SyncStatus, title: str = "") -> Chip:
    """Show a status, with why it is so where that is known."""
    return Chip(status.label, *SYNC_LOOKS[status], title=title)


def state_chip(state: SyncState, differing: int) -> Chip:
    """Show whether another system holds an order as we do."""
    if differing:
        return differs_chip(differing)
    if state.must_send_again:
        return waiting_chip(state)
    if state.pushes or state.received_at is None:
        return status_chip(SyncStatus.SYNCING)
    return status_chip(SyncStatus.IN_SYNC)


def differs_chip(differing: int) -> Chip:
    """Say in how many fields both systems differ."""
    label = gettext("Differs (%(count)d)") % {"count": differing}
    title = gettext("Both systems changed the same field: a person decides.")
    return Chip(label, *SYNC_LOOKS[SyncStatus.DIFFERS], title=title)


def waiting_chip(state: SyncState) -> Chip:
    """Say for what an order waits before it is sent again."""
    title = gettext("%(connection)s edited it since: it is sent again once that edit is here.")
    return status_chip(SyncStatus.WAITING, title % {"connection": state.connection})
