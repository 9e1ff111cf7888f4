"""Accounts and contacts: locked, created for a partner, and changed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext

from common.errors import NotSetUp
from crm.custom_fields import clean_custom
from crm.models import Account, Contact, Partner

Record = TypeVar("Record", Account, Contact)


def lock_account(account_id: uuid.UUID) -> Account:
    """Lock an account for a change; rows that refer to it may still be written."""
    return Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account_id)


def lock_contact(contact_id: uuid.UUID) -> Contact:
    """Lock a contact for a change; rows that refer to it may still be written."""
    return Contact.objects.select_for_update(of=("self",), no_key=True).get(pk=contact_id)


@transaction.atomic
def create_account(partner: Partner, fields: Mapping[str, Any]) -> Account:
    """Create an account for the person who owns those of the partner, and grant it."""
    owner = partner.account_owner
    if owner is None or not owner.is_active:
        raise NotSetUp(
            gettext("This partner creates no accounts: an administrator names who owns them first.")
        )
    account = change_fields(Account(owner=owner), fields)
    partner.accounts.add(account)
    return account


def create_contact(fields: Mapping[str, Any]) -> Contact:
    """Create a contact at an account."""
    return change_fields(Contact(), fields)


def change_fields(record: Record, fields: Mapping[str, Any]) -> Record:
    """Set and save fields of an account or contact, new or locked by the caller.

    Of ``custom`` only the keys given are changed; a new record gets the defaults of the others.
    """
    is_new = record._state.adding
    stored = None if is_new else record.custom
    custom = clean_custom(record, fields.get("custom", {}), stored=stored)
    for name, value in {**fields, "custom": custom}.items():
        setattr(record, name, value)
    record.save(force_insert=is_new)
    return record
