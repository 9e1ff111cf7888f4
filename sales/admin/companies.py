"""Admin pages of companies and their number series."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError

from common.errors import DomainError
from common.form_sentences import PlainErrors
from crm.admin.base import LookOnlyAdmin, RecordAdmin
from sales.models import Company, NumberSeries
from sales.services.documents.prefixes import check_own_prefix


class CompanyForm(PlainErrors, forms.ModelForm[Company]):
    """Fields of a company; its numbers do not begin as those of another system."""

    def clean_number_prefix(self) -> str:
        """Refuse a prefix with which numbers of another system begin."""
        prefix: str = self.cleaned_data["number_prefix"]
        try:
            check_own_prefix(prefix)
        except DomainError as error:
            raise ValidationError(str(error)) from error
        return prefix


@admin.register(Company)
class CompanyAdmin(RecordAdmin[Company]):
    """Companies: the legal entities that sell."""

    form = CompanyForm
    list_display = ("name", "number_prefix", "base_currency", "country", "is_default")
    search_fields = ("name", "number_prefix")
    fields = (
        *("name", "number_prefix", "base_currency", "time_zone", "tax_number", "email"),
        *("street", "postal_code", "city", "country"),
        *("rounding", "discount_method", "is_default"),
        *("shipped_by", "billed_by"),
    )
    readonly_fields = ("shipped_by", "billed_by")


@admin.register(NumberSeries)
class NumberSeriesAdmin(LookOnlyAdmin[NumberSeries]):
    """The last number given out; only issuing a document moves it."""

    list_display = ("company", "kind", "year", "last")
    list_filter = ("company", "kind", "year")
    list_select_related = ("company",)
    search_fields = ("company__name",)
