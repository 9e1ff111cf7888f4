"""Admin pages of products, bundles and units."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext

from crm.admin.base import CustomFieldsAdmin, RecordAdmin, VisibilityAdmin
from sales.models import BundleItem, Product, ProductCategory, RelatedProduct, Unit, UnitGroup


class UnitFormSet(forms.BaseInlineFormSet[Unit, UnitGroup, Any]):
    """The units of a group, checked together."""

    def clean(self) -> None:
        """Every group counts in one base unit."""
        super().clean()
        kept = [form.cleaned_data for form in self.forms if form.cleaned_data]
        bases = [unit for unit in kept if unit.get("factor") == 1 and not unit.get("DELETE")]
        if not any(self.errors) and len(bases) != 1:
            raise forms.ValidationError(
                gettext("One unit, and only one, is the base with factor 1.")
            )


class UnitInline(VisibilityAdmin, admin.TabularInline[Unit, UnitGroup]):
    """Units that convert into each other."""

    model = Unit
    formset = UnitFormSet
    extra = 1


@admin.register(UnitGroup)
class UnitGroupAdmin(RecordAdmin[UnitGroup]):
    """Groups of units."""

    list_display = ("name",)
    search_fields = ("name", "units__name")
    inlines = (UnitInline,)


@admin.register(Unit)
class UnitAdmin(RecordAdmin[Unit]):
    """Units, to be found from other pages."""

    list_display = ("name", "group", "factor")
    list_filter = ("group",)
    list_select_related = ("group",)
    search_fields = ("name", "group__name")


@admin.register(ProductCategory)
class ProductCategoryAdmin(RecordAdmin[ProductCategory]):
    """Product categories."""

    list_display = ("name", "code", "parent", "tax_category")
    list_select_related = ("parent", "tax_category")
    search_fields = ("name", "code")
    autocomplete_fields = ("parent", "tax_category")


class BundleItemInline(VisibilityAdmin, admin.TabularInline[BundleItem, Product]):
    """The parts of a bundle."""

    model = BundleItem
    fk_name = "bundle"
    autocomplete_fields = ("product", "unit")
    extra = 0


class RelatedProductInline(VisibilityAdmin, admin.TabularInline[RelatedProduct, Product]):
    """Related products, suggested beside a product."""

    model = RelatedProduct
    fk_name = "product"
    autocomplete_fields = ("other",)
    extra = 0


@admin.register(Product)
class ProductAdmin(CustomFieldsAdmin[Product]):
    """Goods, services and bundles."""

    list_display = ("sku", "name", "kind", "category", "default_unit", "list_price", "is_active")
    list_filter = ("kind", "is_active", "category", "tax_category")
    list_select_related = ("category", "default_unit")
    search_fields = ("sku", "name")
    autocomplete_fields = ("category", "unit_group", "default_unit", "tax_category")
    readonly_fields = ("created_at", "updated_at")
    inlines = (BundleItemInline, RelatedProductInline)
