"""Accounts and contacts in responses."""

from __future__ import annotations

from typing import Any

from api.representations.documents import at
from crm.custom_fields import for_handoff
from crm.models import Account, Contact

PURPOSES = ("billing", "shipping")
ADDRESS = ("street", "postal_code", "city", "country")


def represent_account(account: Any) -> dict[str, Any]:
    """Return an account, read with its ``external_refs``: what the partner calls it."""
    return {
        "id": str(account.pk),
        "version": account.version,
        "kind": account.kind,
        "name": account.name,
        "domain": account.domain,
        "email": account.email,
        "phone": str(account.phone),
        "tax_number": account.tax_number,
        **{f"{purpose}_address": _address(account, purpose) for purpose in PURPOSES},
        "external_refs": account.external_refs,
        "custom": for_handoff(account),
        "created_at": at(account.created_at),
        "updated_at": at(account.updated_at),
    }


def represent_contact(contact: Contact) -> dict[str, Any]:
    """Return a person at an account."""
    return {
        "id": str(contact.pk),
        "version": contact.version,
        "account": str(contact.account_id),
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "job_title": contact.job_title,
        "email": contact.email,
        "phone": str(contact.phone),
        "custom": for_handoff(contact),
        "created_at": at(contact.created_at),
        "updated_at": at(contact.updated_at),
    }


def _address(account: Account, purpose: str) -> dict[str, str]:
    return {part: str(getattr(account, f"{purpose}_{part}") or "") for part in ADDRESS}
