"""Page frame: the sidebar and top bar of every page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crm.models import User
from fulfilment.models import Connection
from sales.models.document_kinds import DOCUMENT_KINDS
from web.chips.handoffs import connection_chip
from web.display import Chip, StrOrPromise
from web.icons import draw_icon
from web.initials import hue, initials
from web.pages.document_kinds import STYLES

NAVIGATION: tuple[tuple[StrOrPromise, tuple[tuple[str, StrOrPromise, str], ...]], ...] = (
    ("", (("home", _("Home"), "home"),)),
    (
        _("Customers"),
        (
            ("crm:lead-list", _("Leads"), "user-plus"),
            ("crm:opportunity-list", _("Opportunities"), "target-arrow"),
            ("crm:account-list", _("Accounts"), "building-store"),
            ("crm:contact-list", _("Contacts"), "address-book"),
        ),
    ),
    (
        _("Sales"),
        (
            ("sales:quote-list", _("Quotes"), "file-text"),
            ("sales:order-list", _("Orders"), "clipboard-check"),
            ("sales:invoice-list", _("Invoices"), "receipt"),
            ("sales:product-list", _("Products"), "package"),
        ),
    ),
    (_("Connections"), (("fulfilment:handoff-list", _("Handoffs"), "arrows-exchange"),)),
)
"""The sidebar: groups with their heading, each page by its URL name, label and icon."""

NEW_RECORDS = (
    ("crm", "lead", _("Lead"), "user-plus"),
    ("crm", "opportunity", _("Opportunity"), "target-arrow"),
    ("crm", "account", _("Account"), "building-store"),
    ("crm", "contact", _("Contact"), "address-book"),
    *(("sales", kind.name, kind.number_series.label, STYLES[kind].icon) for kind in DOCUMENT_KINDS),
)


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A link of the menu."""

    label: StrOrPromise
    url: str
    icon: SafeString
    is_current: bool = False
    """Whether the page is the one that is shown, or about a record of its list."""


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """Links of the menu under a heading."""

    heading: StrOrPromise
    entries: Sequence[MenuEntry]


@dataclass(frozen=True, slots=True)
class Reader:
    """The signed-in person in the top bar."""

    name: str
    email: str
    initials: str
    hue: str
    enters_admin: bool


@dataclass(frozen=True, slots=True)
class ConnectionHealth:
    """One connection at the foot of the sidebar, and whether it answers."""

    name: str
    chip: Chip
    icon: SafeString


@dataclass(frozen=True, slots=True)
class Frame:
    """What a page is placed in."""

    navigation: Sequence[MenuGroup]
    new: Sequence[MenuEntry]
    """The kinds of record that the reader may add."""
    reader: Reader
    connections: Sequence[ConnectionHealth]


def build_frame(user: User, view_name: str) -> Frame:
    """Read what the frame shows around the page of a view; one statement."""
    return Frame(
        navigation=[
            MenuGroup(heading, [_entry(*entry, view_name) for entry in entries])
            for heading, entries in NAVIGATION
        ],
        new=[
            MenuEntry(label, reverse(f"{app}:{model}-new"), draw_icon(icon))
            for app, model, label, icon in NEW_RECORDS
            if user.has_perm(f"{app}.add_{model}")
        ],
        reader=Reader(str(user), user.email, initials(user), hue(user), user.enters_admin),
        connections=_connections(),
    )


def _entry(target: str, label: StrOrPromise, icon: str, view_name: str) -> MenuEntry:
    of_records = target.endswith("-list") and view_name.startswith(target.removesuffix("list"))
    is_current = view_name == target or of_records
    return MenuEntry(label, reverse(target), draw_icon(icon), is_current)


def _connections() -> list[ConnectionHealth]:
    enabled = Connection.objects.exclude(status=Connection.Status.DISABLED)
    found = []
    for connection in enabled.select_related("health"):
        chip = connection_chip(connection, getattr(connection, "health", None))
        found.append(ConnectionHealth(connection.name, chip, draw_icon(chip.icon)))
    return found
