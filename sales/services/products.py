"""Product search: by SKU, name, or part of either."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext

from common.errors import MissingField
from sales.models import Product
from sales.models.catalogue import ProductQuerySet
from sales.services.errors import AmbiguousProduct, UnknownProduct


def search_products(text: str) -> ProductQuerySet:
    """List sellable products that have every typed word in their SKU or name."""
    products: ProductQuerySet = Product.objects.active()
    for word in text.split():
        products = products.filter(Q(sku__icontains=word) | Q(name__icontains=word))
    return products.order_by("name", "pk")


def find_product(typed: str) -> Product:
    """Find the product with this SKU or name, or the only one that matches."""
    text = typed.strip()
    if not text:
        raise MissingField(gettext("Choose a product, or type its SKU or name."), field="product")
    called = Product.objects.active().filter(Q(sku__iexact=text) | Q(name__iexact=text))
    found = list(called[:2]) or list(search_products(text)[:2])
    if not found:
        raise UnknownProduct(
            gettext("No product is called “%(text)s”: type the SKU, or part of the name.")
            % {"text": text},
            field="product",
        )
    if len(found) > 1:
        raise AmbiguousProduct(
            gettext("Several products match “%(text)s”: type the SKU.") % {"text": text},
            field="product",
        )
    return found[0]
