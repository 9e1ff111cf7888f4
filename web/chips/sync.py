"""Status chips of two-way sync: whether supply-chain systems hold an order as we do."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fulfilment.services.order_sync.sync_statuses import SyncStatus
from web.display import Chip, Tone

SYNC_STYLES: dict[SyncStatus, tuple[Tone, str]] = {
    SyncStatus.DIFFERS: ("warn", "scale"),
    SyncStatus.MISSING_THERE: ("bad", "cloud-exclamation"),
    SyncStatus.SENT_BACK: ("bad", "arrow-back-up"),
    SyncStatus.NEEDS_MAPPING: ("warn", "link"),
    SyncStatus.WAITING: ("warn", "clock"),
    SyncStatus.NOT_SENDING: ("warn", "plug-connected-x"),
    SyncStatus.SYNCING: ("info", "arrows-exchange"),
    SyncStatus.IN_SYNC: ("good", "cloud-check"),
    SyncStatus.NOT_SHARED: ("neutral", "cloud-off"),
}
REASONS = {
    SyncStatus.DIFFERS: _("Both systems changed the same, or hold other values: a person decides."),
    SyncStatus.MISSING_THERE: _("%(system)s does not have it any more: a person decides."),
    SyncStatus.SENT_BACK: _(
        "%(system)s changed back what it was sent, again and again: a person looks."
    ),
    SyncStatus.NEEDS_MAPPING: _(
        "A code of %(system)s is not mapped: what it sent waits until it is."
    ),
    SyncStatus.WAITING: _("%(system)s edited it since: it is sent again once that edit is here."),
    SyncStatus.NOT_SENDING: _("What changed here waits: %(system)s is paused, or does not answer."),
}
"""Why an order has a status."""


def status_chip(
    status: SyncStatus, title: str = "", *, system: str = "", differing: int = 0
) -> Chip:
    """Show a status, in how many fields both systems differ, and why it is so."""
    label = str(status.label)
    if status is SyncStatus.DIFFERS and differing:
        label = gettext("Differs (%(count)d)") % {"count": differing}
    reason = str(REASONS.get(status, "")) % {"system": system or gettext("The other system")}
    return Chip(label, *SYNC_STYLES[status], title=title or reason)


def state_chip(state: Any) -> Chip:
    """Show how one system holds an order; its status was read along."""
    status, system = SyncStatus(state.sync_status), str(state.connection)
    return status_chip(status, system=system, differing=state.differing)
