"""Admin pages of price lists and volume discounts."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from common.form_sentences import PlainErrors
from common.formatting import format_rate
from crm.admin.base import RecordAdmin, VisibilityAdmin
from sales.models import DiscountBand, DiscountList, PriceList, PriceListItem
from sales.models.price_lists import bands_may_move
from sales.pricing.discounts import Band, check_bands

MOST_ITEMS_ON_ONE_PAGE = 100


class PriceListItemInline(VisibilityAdmin, admin.TabularInline[PriceListItem, PriceList]):
    """The prices of a list."""

    model = PriceListItem
    autocomplete_fields = ("product", "unit", "discount_list")
    extra = 0


@admin.register(PriceList)
class PriceListAdmin(RecordAdmin[PriceList]):
    """Price lists: prices in one currency and period."""

    list_display = ("name", "currency", "valid_from", "valid_to", "is_active")
    list_filter = ("currency", "is_active")
    search_fields = ("name",)
    inlines = (PriceListItemInline,)

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show a short list's prices on its page; a long one's have a page of their own."""
        if obj is not None and obj.items.count() > MOST_ITEMS_ON_ONE_PAGE:
            return ()
        return super().get_inlines(request, obj)


@admin.register(PriceListItem)
class PriceListItemAdmin(RecordAdmin[PriceListItem]):
    """Single prices, to be searched where a list is long."""

    list_display = (
        "product",
        "unit",
        "price_list",
        "method",
        "amount",
        "price_quantity",
        "percentage",
    )
    list_filter = ("price_list", "method")
    list_select_related = ("product", "unit", "price_list")
    search_fields = ("product__sku", "product__name")
    autocomplete_fields = ("price_list", "product", "unit", "discount_list")

    @admin.display(description=_("percentage"), ordering="percentage_rate")
    def percentage(self, item: PriceListItem) -> str:
        """Write the percentage as one, so that 20 typed for 0.2 is seen."""
        return format_rate(item.percentage_rate)


class BandForm(PlainErrors, forms.ModelForm[DiscountBand]):
    """One band; overlaps are checked with all bands together."""

    class Meta:
        model = DiscountBand
        fields: ClassVar = ("quantity_from", "quantity_to", "discount_rate", "discount_amount")

    def _get_validation_exclusions(self) -> set[str]:
        return {*super()._get_validation_exclusions(), "discount_list"}  # type: ignore[misc]  # Django's own hook


class BandFormSet(forms.BaseInlineFormSet[DiscountBand, DiscountList, Any]):
    """The bands of a list, checked as they will be saved."""

    def clean(self) -> None:
        """Refuse bands that overlap, or that are not of the list's kind."""
        super().clean()
        if any(self.errors):
            return
        kept = [
            form.instance
            for form in self.forms
            if form.instance.quantity_from is not None
            and (form.instance.pk in self._stored() or form.has_changed())
            and not form.cleaned_data.get("DELETE")
        ]
        try:
            check_bands(
                [Band(band.quantity_from, band.quantity_to, band.quantity_from) for band in kept]
            )
        except DomainError as error:
            raise forms.ValidationError(str(error)) from error
        by_rate = self.instance.kind == DiscountList.Kind.PERCENT
        if any((band.discount_rate is not None) != by_rate for band in kept):
            raise forms.ValidationError(
                gettext("Each band of this list gives a rate.")
                if by_rate
                else gettext("Each band of this list gives an amount.")
            )

    def _stored(self) -> set[Any]:
        return {band.pk for band in self.get_queryset()}


class DiscountBandInline(VisibilityAdmin, admin.TabularInline[DiscountBand, DiscountList]):
    """The bands of a volume discount."""

    model = DiscountBand
    form = BandForm
    formset = BandFormSet
    extra = 1


@admin.register(DiscountList)
class DiscountListAdmin(RecordAdmin[DiscountList]):
    """Volume discounts."""

    list_display = ("name", "kind", "currency", "is_active")
    list_filter = ("kind", "is_active")
    search_fields = ("name",)
    inlines = (DiscountBandInline,)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the bands together, since they may overlap in between."""
        with bands_may_move():
            super().save_related(request, form, formsets, change)
