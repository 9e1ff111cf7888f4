"""Accounts (customers) and their contacts."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField
from phonenumber_field.modelfields import PhoneNumberField

from common.fields import custom_values, custom_values_index, identifier
from common.history import keeps_history
from common.triggers import CountsVersions
from crm.models.ownership import Owned, OwnedQuerySet

LEGAL_FORMS = frozenset(
    [
        "ab",
        "ag",
        "as",
        "bv",
        "co",
        "corp",
        "company",
        "gmbh",
        "group",
        "holding",
        "inc",
        "kg",
        "limited",
        "llc",
        "llp",
        "ltd",
        "nv",
        "oy",
        "plc",
        "sa",
        "sarl",
        "sas",
        "se",
        "srl",
        "spa",
        "ug",
    ]
)


def normalise_name(name: str) -> str:
    """Reduce a name to what two spellings of one company share.

    >>> normalise_name("Brasserie Lavoisier S.A.S.") == normalise_name("brasserie  lavoisier")
    True
    """
    words = re.sub(r"[^\w\s]", "", name.casefold()).split()
    meaningful = [word for word in words if word not in LEGAL_FORMS]
    return " ".join(meaningful or words)


class Address(models.Model):
    """Billing and shipping address columns."""

    billing_street = models.CharField(max_length=200, blank=True)
    billing_postal_code = models.CharField(max_length=20, blank=True)
    billing_city = models.CharField(max_length=100, blank=True)
    billing_country = CountryField(blank=True)
    shipping_street = models.CharField(max_length=200, blank=True)
    shipping_postal_code = models.CharField(max_length=20, blank=True)
    shipping_city = models.CharField(max_length=100, blank=True)
    shipping_country = CountryField(blank=True)

    class Meta:
        abstract = True

    def address(self, purpose: str) -> dict[str, str]:
        """Copy the ``billing`` or ``shipping`` address, as documents keep it.

        Without a shipping street the goods go where the invoice goes.
        """
        if purpose == "shipping" and not self.shipping_street:
            purpose = "billing"
        parts = ("street", "postal_code", "city", "country")
        return {part: str(getattr(self, f"{purpose}_{part}") or "") for part in parts}


class AccountQuerySet(OwnedQuerySet["Account"]):
    account_path = "pk"


@keeps_history()
class Account(Owned, Address):
    """A company or a person we sell to."""

    class Kind(models.TextChoices):
        COMPANY = "company", _("Company")
        PERSON = "person", _("Person")

    id = identifier()
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.COMPANY)
    name = models.CharField(max_length=200)
    normalised_name = models.CharField(max_length=200, editable=False, db_index=True)
    domain = models.CharField(max_length=100, blank=True, db_index=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = PhoneNumberField(blank=True)
    tax_number = models.CharField(_("VAT number"), max_length=30, blank=True)
    custom = custom_values()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "id"]
        indexes: ClassVar = [
            models.Index(fields=["name", "id"], name="account_by_name"),
            GinIndex(
                fields=["normalised_name"], opclasses=["gin_trgm_ops"], name="account_name_trgm"
            ),
            custom_values_index("account_custom"),
        ]
        triggers: ClassVar = [CountsVersions()]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the normalised name in step with the name."""
        self.normalised_name = normalise_name(self.name)
        super().save(*args, **kwargs)


class ContactQuerySet(OwnedQuerySet["Contact"]):
    owner_path = "account__"


@keeps_history()
class Contact(models.Model):
    """A person at an account."""

    id = identifier()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="contacts")
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100)
    job_title = models.CharField(max_length=100, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = PhoneNumberField(blank=True)
    custom = custom_values()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["last_name", "first_name", "id"]
        indexes: ClassVar = [
            models.Index(fields=["last_name", "first_name", "id"], name="contact_by_name"),
            models.Index(models.functions.Lower("email"), name="contact_by_email"),
            custom_values_index("contact_custom"),
        ]
        triggers: ClassVar = [CountsVersions()]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()
