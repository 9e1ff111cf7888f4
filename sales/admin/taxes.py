"""Admin pages of tax categories, zones, rates and exchange rates."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.base import RecordAdmin
from sales.models import ExchangeRate, TaxCategory, TaxRate, TaxZone


@admin.register(TaxCategory)
class TaxCategoryAdmin(RecordAdmin[TaxCategory]):
    """Tax categories of products."""

    list_display = ("name", "code")
    search_fields = ("name", "code")


@admin.register(TaxZone)
class TaxZoneAdmin(RecordAdmin[TaxZone]):
    """Tax zones of customers."""

    list_display = ("name", "code")
    search_fields = ("name", "code")


@admin.register(TaxRate)
class TaxRateAdmin(RecordAdmin[TaxRate]):
    """Tax rates of a category in a zone and period."""

    list_display = ("category", "zone", "rate", "valid_from", "valid_to")
    list_filter = ("zone", "category")
    list_select_related = ("category", "zone")
    search_fields = ("category__name", "zone__name")
    autocomplete_fields = ("category", "zone")


@admin.register(ExchangeRate)
class ExchangeRateAdmin(RecordAdmin[ExchangeRate]):
    """How many units of a currency one unit of the base bought on a day."""

    list_display = ("valid_on", "base", "currency", "rate", "source")
    list_filter = ("base", "currency", "source")
    search_fields = ("currency",)
    date_hierarchy = "valid_on"
