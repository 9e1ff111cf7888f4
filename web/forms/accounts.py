"""Forms of accounts and contacts."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.forms import CustomFieldsForm
from crm.models import Account, Contact, User
from web.filters.customers import colleagues
from web.forms.base import RecordForm


class AccountForm(CustomFieldsForm, RecordForm):
    """Form of an account: name, addresses and owner."""

    widths: ClassVar = {
        "name": 8,
        "kind": 4,
        "domain": 4,
        "email": 4,
        "phone": 4,
        "tax_number": 6,
        "owner": 6,
        "billing_postal_code": 4,
        "billing_city": 4,
        "billing_country": 4,
        "shipping_postal_code": 4,
        "shipping_city": 4,
        "shipping_country": 4,
    }

    class Meta:
        model = Account
        fields = (
            "name",
            "kind",
            "domain",
            "email",
            "phone",
            "tax_number",
            "owner",
            "billing_street",
            "billing_postal_code",
            "billing_city",
            "billing_country",
            "shipping_street",
            "shipping_postal_code",
            "shipping_city",
            "shipping_country",
        )
        labels: ClassVar = {
            "billing_postal_code": _("Billing postcode"),
            "shipping_postal_code": _("Shipping postcode"),
        }
        help_texts: ClassVar = {
            "domain": _(
                "E-mail domain, by which new leads of the customer are found: lavoisier.example"
            ),
            "shipping_street": _(
                "Leave the shipping address empty to ship to the billing address."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_owners(self)


class ContactForm(CustomFieldsForm, RecordForm):
    """Form of a contact."""

    widths: ClassVar = {
        "first_name": 6,
        "last_name": 6,
        "job_title": 6,
        "account": 6,
        "email": 6,
        "phone": 6,
    }

    class Meta:
        model = Contact
        fields = ("first_name", "last_name", "job_title", "account", "email", "phone")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "account", Account.objects.visible_to(user))


def offer_owners(form: forms.ModelForm[Any]) -> None:
    """Offer only active users as owners."""
    choose_from(form, "owner", colleagues(None))


def choose_from(form: forms.BaseForm, name: str, records: Any) -> None:
    """Let a field choose only among these records."""
    field = form.fields[name]
    if not isinstance(field, forms.ModelChoiceField):
        raise TypeError(f"{name} does not choose a record.")
    field.queryset = records
