"""The frame of every page: what stands in the sidebar and the top bar around the page itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from fulfilment.models import Connection
from web.chips.handoffs import connection_chip
from web.display import Chip, StrOrPromise

NEW_RECORDS = (
    ("crm", "lead", _("Lead"), "user-plus"),
    ("crm", "opportunity", _("Opportunity"), "target-arrow"),
    ("crm", "account", _("Account"), "building-store"),
    ("crm", "contact", _("Contact"), "address-book"),
    ("sales", "quote", _("Quote"), "file-text"),
    ("sales", "order", _("Order"), "clipboard-check"),
    ("sales", "invoice", _("Invoice"), "receipt"),
)


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A way to a page."""

    label: StrOrPromise
    url: str
    icon: str


@dataclass(frozen=True, slots=True)
class ConnectionHealth:
    """One connection at the foot of the sidebar, and whether it answers."""

    name: str
    chip: Chip


@dataclass(frozen=True, slots=True)
class Frame:
    """What a page is placed in."""

    new: Sequence[MenuEntry]
    """The kinds of record that the reader may add."""
    connections: Sequence[ConnectionHealth]


def build_frame(user: Any) -> Frame:
    """Read what the frame shows; one statement."""
    connections = Connection.objects.exclude(status=Connection.Status.DISABLED)
    return Frame(
        new=[
            MenuEntry(label, reverse(f"{app}:{model}-new"), icon)
            for app, model, label, icon in NEW_RECORDS
            if user.has_perm(f"{app}.add_{model}")
        ],
        connections=[
            ConnectionHealth(each.name, connection_chip(each, getattr(each, "health", None)))
            for each in connections.select_related("health")
        ],
    )
