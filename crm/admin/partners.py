"""Admin pages of partners: API clients, their scopes and the accounts they may see."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from common.form_sentences import PlainErrors
from crm.admin.base import RecordAdmin
from crm.models import Partner


class PartnerForm(PlainErrors, forms.ModelForm[Partner]):
    """Form of a partner: name, scopes and accounts."""

    scopes = forms.MultipleChoiceField(
        choices=Partner.Scope.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Partner
        fields = (
            *("name", "scopes", "accounts", "account_owner"),
            *("overrides_prices", "discount_limit_rate", "is_active"),
        )


@admin.register(Partner)
class PartnerAdmin(RecordAdmin[Partner]):
    """API clients and the accounts they were granted."""

    form = PartnerForm
    list_display = ("name", "granted", "is_active", "created_at")
    list_filter = ("is_active",)
    search_fields = ("name",)
    autocomplete_fields = ("accounts", "account_owner")

    @admin.display(description=_("scopes"))
    def granted(self, partner: Any) -> str:
        """List the partner's scopes."""
        return ", ".join(partner.scopes)
