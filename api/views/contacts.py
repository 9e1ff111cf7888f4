"""Contacts for partners: read, create and update the persons at accounts."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from django.urls import reverse
from rest_framework.request import Request

from api.expansions import related
from api.inputs import read
from api.operations import creating, updating
from api.permissions import partner_of
from api.representations.accounts import represent_account, represent_contact
from api.representations.schemas import ContactSchema
from api.requests.accounts import ContactInput, ContactQuery, put_fields
from api.resources import Resource
from api.views.base import ListView, RecordView, find_to_write, lists, reads
from api.visibility import visible_accounts
from api.writes import Written, once, repeatable
from crm.models import Contact, Partner

READ, WRITE = Partner.Scope.ACCOUNTS_READ, Partner.Scope.ACCOUNTS_WRITE


def lock_contact(pk: uuid.UUID) -> Contact:
    """Lock a contact."""
    return Contact.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)


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
        contact = Contact()
        put_fields(contact, read(ContactInput, request.data, actor=partner_of(request)))
        contact.save(force_insert=True)
        location = reverse("api:contact", args=[contact.pk])
        return Written(represent_contact(contact), HTTPStatus.CREATED, location, contact.version)


@reads(CONTACTS, ContactSchema)
class ContactView(RecordView):
    """One contact."""

    scopes = {"GET": READ, "PATCH": WRITE}  # noqa: RUF012  # as in every view

    @updating("contacts", ContactInput, ContactSchema)
    @repeatable
    def patch(self, request: Request, pk: uuid.UUID) -> Written:
        """Change the fields that are sent."""
        contact = find_to_write(CONTACTS, request, pk)
        partner = partner_of(request)
        put_fields(contact, read(ContactInput, request.data, partial=True, actor=partner))
        contact.save()
        contact.refresh_from_db()
        return Written(represent_contact(contact), version=contact.version)
