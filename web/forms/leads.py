"""Forms of leads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from crm.forms import CustomFieldsForm, DayInput
from crm.models import Account, Contact, Lead
from crm.services.leads import Duplicates
from web.forms.accounts import offer_owners
from web.forms.base import RecordForm, StyledForm

MAIN_CURRENCIES = ("EUR", "CHF", "GBP", "USD", "JPY", "KWD")


class LeadForm(CustomFieldsForm, RecordForm):
    """Form of a lead."""

    widths: ClassVar = {
        "company_name": 12,
        "first_name": 6,
        "last_name": 6,
        "email": 6,
        "phone": 6,
        "source": 4,
        "follow_up_on": 4,
        "owner": 4,
    }

    class Meta:
        model = Lead
        fields = (
            "topic",
            "company_name",
            "first_name",
            "last_name",
            "email",
            "phone",
            "source",
            "follow_up_on",
            "owner",
        )
        widgets: ClassVar = {"follow_up_on": DayInput()}
        help_texts: ClassVar = {"topic": _("What it is about, briefly.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_owners(self)


class DisqualifyForm(StyledForm):
    """Form of a lead's disqualification, with the reason."""

    reason = forms.ChoiceField(
        label=_("Reason"), choices=Lead.DisqualifiedReason.choices, widget=forms.RadioSelect
    )


class QualifyForm(StyledForm):
    """Form of a lead's qualification: a known account and contact, or new ones."""

    widths: ClassVar = {"account": 6, "contact": 6, "opportunity_name": 8, "currency": 4}

    account = forms.ModelChoiceField(
        label=_("Account"),
        queryset=Account.objects.none(),
        required=False,
        blank=True,
        widget=forms.RadioSelect,
    )
    contact = forms.ModelChoiceField(
        label=_("Contact"),
        queryset=Contact.objects.none(),
        required=False,
        blank=True,
        widget=forms.RadioSelect,
    )
    with_opportunity = forms.BooleanField(
        label=_("Start an opportunity"), required=False, initial=True
    )
    opportunity_name = forms.CharField(
        label=_("Name of the opportunity"), max_length=200, required=False
    )
    currency = forms.ChoiceField(
        label=_("Currency"), choices=[(code, code) for code in MAIN_CURRENCIES], initial="EUR"
    )

    def __init__(self, *args: Any, lead: Lead, duplicates: Duplicates, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = duplicates.accounts + [c.account for c in duplicates.contacts]
        accounts = {account.pk: account for account in known}
        company = lead.account_name
        self._offer("account", Account, accounts, _("New account: %(name)s") % {"name": company})
        contacts = {contact.pk: contact for contact in duplicates.contacts}
        self._offer(
            "contact", Contact, contacts, _("New contact: %(name)s") % {"name": lead.full_name}
        )
        self.fields["opportunity_name"].initial = lead.topic
        if duplicates.contacts:
            self.fields["contact"].initial = duplicates.contacts[0].pk
            self.fields["account"].initial = duplicates.contacts[0].account_id

    def _offer(self, name: str, model: type[Model], found: Iterable[Any], new: str) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ModelChoiceField):
            field.empty_label = new
            field.queryset = model._default_manager.filter(pk__in=found)
