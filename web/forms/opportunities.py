"""Forms of opportunities."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from common.form_fields import NumberField
from crm.forms import CustomFieldsForm, DayInput
from crm.models import Account, Contact, Opportunity, User
from web.forms.accounts import choose_from, offer_owners
from web.forms.base import RecordForm, StyledForm


class OpportunityForm(CustomFieldsForm, RecordForm):
    """Form of an opportunity."""

    widths: ClassVar = {
        "account": 6,
        "contact": 6,
        "stage": 6,
        "close_on": 6,
        "expected_revenue": 4,
        "currency": 4,
        "owner": 4,
    }

    class Meta:
        model = Opportunity
        fields = (
            "name",
            "account",
            "contact",
            "stage",
            "close_on",
            "expected_revenue",
            "currency",
            "owner",
        )
        widgets: ClassVar = {"close_on": DayInput()}
        field_classes: ClassVar = {"expected_revenue": NumberField}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "account", Account.objects.visible_to(user))
        choose_from(self, "contact", Contact.objects.visible_to(user).select_related("account"))
        offer_owners(self)

    def clean(self) -> dict[str, Any]:
        """Refuse a contact of another account."""
        cleaned: dict[str, Any] = super().clean() or {}
        contact, account = cleaned.get("contact"), cleaned.get("account")
        if contact and account and contact.account_id != account.pk:
            self.add_error("contact", _("This contact belongs to another account."))
        return cleaned


class WinForm(StyledForm):
    """Form of a won opportunity, with its revenue."""

    actual_revenue = NumberField(
        label=_("Actual revenue"),
        max_digits=20,
        min_value=0,
        required=False,
        localize=True,
        help_text=_("Empty: what was ordered, without freight and tax."),
    )


class LoseForm(StyledForm):
    """Form of a lost opportunity: the reason and the competitor."""

    reason = forms.ChoiceField(label=_("Reason"), choices=Opportunity.LostReason.choices)
    competitor = forms.CharField(label=_("Competitor"), max_length=100, required=False)
