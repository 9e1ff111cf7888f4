"""The menu *New*: the kinds of record that a person may add."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from web.display import StrOrPromise

KINDS = (
    ("crm", "lead", _("Lead"), "user-plus"),
    ("crm", "opportunity", _("Opportunity"), "target-arrow"),
    ("crm", "account", _("Account"), "building-store"),
    ("crm", "contact", _("Contact"), "address-book"),
    ("sales", "quote", _("Quote"), "file-text"),
    ("sales", "order", _("Order"), "clipboard-check"),
    ("sales", "invoice", _("Invoice"), "receipt"),
)


@dataclass(frozen=True, slots=True)
class NewEntry:
    """One kind of record in the menu."""

    label: StrOrPromise
    url: str
    icon: str


def new_menu(request: HttpRequest) -> dict[str, Callable[[], Sequence[NewEntry]]]:
    """Give every page the menu's entries, worked out where a page has the menu."""
    return {"new_menu": lambda: _entries(request)}


def _entries(request: HttpRequest) -> Sequence[NewEntry]:
    return [
        NewEntry(label, reverse(f"{app}:{model}-new"), icon)
        for app, model, label, icon in KINDS
        if request.user.has_perm(f"{app}.add_{model}")
    ]
