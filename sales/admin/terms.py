"""Admin pages of payment terms and of the terms of accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext

from crm.admin.base import RecordAdmin, VisibilityAdmin
from sales.models import AccountTerms, Instalment, PaymentTerms


class InstalmentFormSet(forms.BaseInlineFormSet[Instalment, PaymentTerms, Any]):
    """The instalments of terms, checked together."""

    def clean(self) -> None:
        """Refuse shares that do not sum to 1."""
        super().clean()
        if any(self.errors):
            return
        shares = [
            form.cleaned_data["share_rate"]
            for form in self.forms
            if form.cleaned_data.get("share_rate") and not form.cleaned_data.get("DELETE")
        ]
        if shares and sum(shares) != 1:
            raise forms.ValidationError(gettext("The shares must make 1 together."))


class InstalmentInline(VisibilityAdmin, admin.TabularInline[Instalment, PaymentTerms]):
    """Parts of an invoice, each due on its own day."""

    model = Instalment
    formset = InstalmentFormSet
    extra = 0


@admin.register(PaymentTerms)
class PaymentTermsAdmin(RecordAdmin[PaymentTerms]):
    """Payment terms: when orders are invoiced and when invoices are due."""

    list_display = (
        *("name", "invoice_when", "due_months", "due_days", "end_of_month", "deposit_rate"),
    )
    list_filter = ("invoice_when",)
    search_fields = ("name",)
    inlines = (InstalmentInline,)


@admin.register(AccountTerms)
class AccountTermsAdmin(RecordAdmin[AccountTerms]):
    """Terms of an account: the defaults of its documents."""

    list_display = ("account", "currency", "price_list", "payment_terms", "tax_zone")
    list_filter = ("currency", "price_list", "payment_terms", "tax_zone")
    list_select_related = ("account", "price_list", "payment_terms", "tax_zone")
    search_fields = ("account__name",)
    autocomplete_fields = ("account", "price_list", "payment_terms", "tax_zone")
