"""Views of contacts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from crm.models import Contact
from web.display import Column
from web.filters.customers import ContactFilter
from web.forms.accounts import ContactForm
from web.http import RepRequest, rep_with
from web.pages.contacts import contact_page
from web.pages.lists import Empty
from web.rendering import render_record
from web.screens import FormScreen, ListScreen


class ContactList(ListScreen[Contact]):
    """List of contacts."""

    heading = _("Contacts")
    columns = (
        Column(_("Name")),
        Column(_("Account")),
        Column(_("Job title"), wide_only=True),
        Column(_("E-mail address")),
        Column(_("Phone"), wide_only=True),
    )
    filter_class = ContactFilter
    order = ("last_name", "first_name", "pk")
    new_label = _("New contact")
    empty = Empty("address-book", _("No contacts yet"), _("A contact is a person at an account."))

    def records(self) -> models.QuerySet[Contact]:
        """Return the contacts the reader may see."""
        return Contact.objects.visible_to(self.person).select_related("account")

    def cells(self, record: Contact) -> Sequence[object]:
        """Return name, account and ways to reach them."""
        phone = record.phone.as_international if record.phone else ""
        return (str(record), record.account, record.job_title, record.email, phone)


@require_safe
@rep_with("crm.view_contact")
def detail(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a contact with its opportunities."""
    contacts = Contact.objects.visible_to(request.user).select_related("account")
    page = contact_page(get_object_or_404(contacts, pk=pk), request.user)
    return render_record(request, "contacts/detail.html", page)


class ContactEdit(FormScreen[Contact]):
    """Create or edit a contact."""

    form_class = ContactForm

    def initial(self) -> dict[str, Any]:
        """Start with the account one came from."""
        return {"account": self.request.GET.get("account")} if "account" in self.request.GET else {}

    def make_form(self, record: Contact, data: Any = None) -> ContactForm:
        """Build the form; it offers only accounts the person may see."""
        return ContactForm(data, instance=record, initial=self.initial(), user=self.person)
