"""Screens of products."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from common.formatting import format_day, format_price, format_rate
from sales.models import PriceListItem, Product
from sales.services.products import search_products
from web.display import Chip, Column, Fact
from web.filters.documents import ProductFilter
from web.http import RepRequest, rep_with
from web.screens import Empty, ListScreen

SUGGESTED = 8


class ProductList(ListScreen[Product]):
    """What we sell."""

    heading = _("Products")
    columns = (
        Column(_("SKU")),
        Column(_("Name")),
        Column(_("Category"), wide_only=True),
        Column(_("Kind"), wide_only=True),
        Column(_("Unit")),
        Column(_("Sold"), speaks_for_itself=True),
    )
    filter_class = ProductFilter
    order = ("name", "pk")
    empty = Empty(
        "package",
        _("No products yet"),
        _("An administrator adds products, units and price lists, or imports them."),
    )

    def records(self) -> models.QuerySet[Product]:
        """Return the catalogue; it is open to everybody who may see products."""
        return Product.objects.select_related("category", "default_unit")

    def cells(self, record: Product) -> Sequence[object]:
        """Return SKU, name, what kind of thing, in which unit."""
        kind = record.get_kind_display()
        unit = record.default_unit
        return (record.sku, record.name, record.category, kind, unit, sold_chip(record))


def sold_chip(product: Product) -> Chip:
    """Show whether a product can be sold."""
    if product.is_active:
        return Chip(gettext("Active"), "good", "circle-check")
    return Chip(gettext("Not sold"), "neutral", "circle-off")


@require_safe
@rep_with("sales.view_product")
def suggestions(request: RepRequest) -> HttpResponse:
    """Offer the products that match what somebody types, whatever the field is called."""
    typed = str(next(iter(request.GET.values()), "")).strip()
    found = search_products(typed)[:SUGGESTED] if typed else ()
    return render(request, "sales/product_suggestions.html", {"products": found})


@require_safe
@rep_with("sales.view_product")
def detail(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a product with its price on every list."""
    related = ("category", "unit_group", "default_unit", "tax_category")
    product = get_object_or_404(Product.objects.select_related(*related), pk=pk)
    items = product.prices.select_related("price_list", "unit", "discount_list")
    context = {
        "record": product,
        "chips": [sold_chip(product)],
        "facts": facts(product),
        "prices": [(item, price_in_words(item)) for item in items.order_by("price_list__name")],
        "parts": product.bundle_items.select_related("product", "unit"),
    }
    return render(request, "sales/product_detail.html", context)


def facts(product: Product) -> list[Fact]:
    """List what one wants to know at a glance."""
    shown = [
        Fact(gettext("Kind"), product.get_kind_display()),
        Fact(gettext("Category"), product.category),
        Fact(gettext("Unit"), product.default_unit),
        Fact(gettext("Decimals allowed"), product.decimals),
        Fact(gettext("Tax category"), product.tax_category),
        Fact(gettext("Sold from"), format_day(product.active_from) if product.active_from else ""),
        Fact(gettext("Sold until"), format_day(product.active_to) if product.active_to else ""),
    ]
    return [fact for fact in shown if fact.value != ""]


def price_in_words(item: PriceListItem) -> str:
    """Say what a product costs on a list, or how its price is worked out."""
    if item.method == PriceListItem.Method.AMOUNT:
        return format_price(item.amount, item.price_list.currency)
    return f"{item.get_method_display()}: {format_rate(item.percentage_rate)}"
