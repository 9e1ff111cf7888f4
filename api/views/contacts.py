"""Contacts for partners: read, create and update the persons at accounts."""

from __future__ import annotations

from http import HTTPStatus

from django.urls import reverse
from rest_framework.request import Request

from api.expansions import related
from api.inputs import read
from api.operations import creating
from api.permissions import partner_of
from api.representations.accounts import represent_account, represent_contact
from api.representations.schemas import ContactSchema
from api.requests.accounts import ContactInput, ContactQuery, columns_of
from api.resources import Resource
from api.views.base import ListView, lists
from api.views.changes import ChangedFieldsView, changes
from api.visibility import visible_accounts
from api.writes import Written, once
from crm.models import Contact, Partner
from crm.services.accounts import create_contact, lock_contact

READ, WRITE = Partner.Scope.ACCOUNTS_READ, Partner.Scope.ACCOUNTS_WRITE
EXPANSIONS = {"account": related("account", READ, visible_accounts, represent_account)}
CONTACTS = Resource(
    "contacts",
    Contact.objects.visible_to,
    represent_contact,
    expansions=EXPANSIONS,
    lock=lock_contact,
)


@lists(CONTACTS, ContactQuery, ContactSchema)
class ContactListView(ListView):
    """Persons at the accounts that the partner was granted."""

    scopes = {"GET": READ, "POST": WRITE}  # noqa: RUF012  # as in every view

    @creating("contacts", ContactInput, ContactSchema)
    @once
    def post(self, request: Request) -> Written:
        """Create a contact at an account."""
        sent = read(ContactInput, request.data, actor=partner_of(request))
        contact = create_contact(columns_of(sent))
        location = reverse("api:contact", args=[contact.pk])
        return Written(represent_contact(contact), HTTPStatus.CREATED, location, contact.version)


@changes(CONTACTS, ContactInput, ContactSchema)
class ContactView(ChangedFieldsView):
    """One contact."""

    scopes = {"GET": READ, "PATCH": WRITE}  # noqa: RUF012  # as in every view
