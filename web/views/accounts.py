"""Screens of accounts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from crm.models import Account, User
from web.display import Action, Actions, Column, Fact
from web.filters.customers import AccountFilter
from web.forms.accounts import AccountForm
from web.http import RepRequest, rep_with
from web.screens import Empty, FormScreen, ListScreen


class AccountList(ListScreen[Account]):
    """Everybody we sell to."""

    heading = _("Accounts")
    columns = (
        Column(_("Name")),
        Column(_("City")),
        Column(_("Phone"), wide_only=True),
        Column(_("E-mail address"), wide_only=True),
        Column(_("Owner")),
    )
    filter_class = AccountFilter
    order = ("name", "pk")
    new_label = _("New account")
    empty = Empty(
        "building-store",
        _("No accounts yet"),
        _("An account is a company or a person you sell to. Qualified leads become accounts."),
    )

    def records(self) -> models.QuerySet[Account]:
        """Return the accounts the reader may see."""
        return Account.objects.visible_to(self.person).select_related("owner")

    def cells(self, record: Account) -> Sequence[object]:
        """Return name, place, ways to reach them, owner."""
        phone = record.phone.as_international if record.phone else ""
        return (record.name, record.billing_city, phone, record.email, record.owner)


@require_safe
@rep_with("crm.view_account")
def detail(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a customer with everything under way."""
    accounts = Account.objects.visible_to(request.user).select_related("owner", "team")
    account = get_object_or_404(accounts, pk=pk)
    context = {
        "record": account,
        "facts": account_facts(account),
        "contacts": account.contacts.all()[:50],
        "opportunities": account.opportunities.select_related("stage", "owner")[:20],
        "verbs": Actions(_actions(account, request.user)),
    }
    return render(request, "crm/account_detail.html", context)


def _actions(account: Account, user: User) -> list[Action]:
    """List what the user may do with an account."""

    def new(kind: str) -> str:
        return f"{reverse(f'crm:{kind}-new')}?account={account.pk}"

    edit = reverse("crm:account-edit", args=[account.pk])
    actions = (
        ("crm.add_opportunity", gettext("New opportunity"), new("opportunity"), "target-arrow"),
        ("crm.add_contact", gettext("New contact"), new("contact"), "user-plus"),
        ("crm.change_account", gettext("Edit"), edit, "pencil"),
    )
    return [
        Action(label, url, icon, asks=True)
        for permission, label, url, icon in actions
        if user.has_perm(permission)
    ]


def account_facts(account: Account) -> list[Fact]:
    """List what one wants to know of a customer at a glance."""
    facts = [
        Fact(gettext("Kind"), account.get_kind_display()),
        Fact(gettext("Owner"), account.owner),
        Fact(gettext("Team"), account.team or "–"),
        Fact(gettext("VAT number"), account.tax_number),
        Fact(gettext("Domain"), account.domain),
    ]
    return [fact for fact in facts if fact.value]


class AccountEdit(FormScreen[Account]):
    """Make or edit an account."""

    form_class = AccountForm

    def visible(self) -> models.QuerySet[Account]:
        """Return the accounts the person may see."""
        return Account.objects.visible_to(self.person)

    def prepare(self, record: Account) -> None:
        """A new account belongs to whoever makes it, unless they say otherwise."""
        record.owner = self.person
