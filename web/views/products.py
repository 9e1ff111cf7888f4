"""Views of products."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from sales.models import Product
from sales.services.products import search_products
from web.chips.products import sold_chip
from web.display import Column
from web.filters.documents import ProductFilter
from web.http import RepRequest, rep_with
from web.pages.lists import Empty
from web.pages.products import RELATED, product_page
from web.rendering import render_part, render_record
from web.screens import ListScreen

SUGGESTED = 8


class ProductList(ListScreen[Product]):
    """List of products."""

    heading = _("Products")
    columns = (
        Column(_("SKU"), unbroken=True),
        Column(_("Name")),
        Column(_("Category"), wide_only=True),
        Column(_("Kind"), wide_only=True),
        Column(_("Unit")),
        Column(_("Sold"), needs_no_label=True),
    )
    filter_class = ProductFilter
    order = ("name", "pk")
    empty = Empty(
        "package",
        _("No products yet"),
        _("An administrator adds products, units and price lists."),
    )

    def records(self) -> models.QuerySet[Product]:
        """Return the catalogue; it is open to everybody who may see products."""
        return Product.objects.select_related("category", "default_unit")

    def cells(self, record: Product) -> Sequence[object]:
        """Return SKU, name, what kind of thing, in which unit."""
        kind = record.get_kind_display()
        unit = record.default_unit
        return (record.sku, record.name, record.category, kind, unit, sold_chip(record))


@require_safe
@rep_with("sales.view_product")
def suggestions(request: RepRequest) -> HttpResponse:
    """Offer the products that match what somebody types, whatever the field is called."""
    typed = str(next(iter(request.GET.values()), "")).strip()
    found = list(search_products(typed)[:SUGGESTED]) if typed else []
    return render_part(request, "products/suggestions.html", {"products": found})


@require_safe
@rep_with("sales.view_product")
def detail(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a product with its price on every list."""
    product = get_object_or_404(Product.objects.select_related(*RELATED), pk=pk)
    return render_record(request, "products/detail.html", product_page(product))
