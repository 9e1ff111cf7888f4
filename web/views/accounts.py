"""Views of accounts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from crm.models import Account
from web.display import Column
from web.filters.customers import AccountFilter
from web.forms.accounts import AccountForm
from web.http import RepRequest, rep_with
from web.pages.accounts import RELATED, account_page
from web.pages.lists import Empty
from web.rendering import render_record
from web.screens import FormScreen, ListScreen


class AccountList(ListScreen[Account]):
    """List of accounts."""

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
    """Show an account with its opportunities and documents."""
    accounts = Account.objects.visible_to(request.user).select_related(*RELATED)
    page = account_page(get_object_or_404(accounts, pk=pk), request.user)
    return render_record(request, "accounts/detail.html", page)


class AccountEdit(FormScreen[Account]):
    """Create or edit an account."""

    form_class = AccountForm

    def prepare(self, record: Account) -> None:
        """Make the user the owner unless another one is chosen."""
        record.owner = self.person
