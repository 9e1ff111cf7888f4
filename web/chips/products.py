"""Status chip of products."""

from __future__ import annotations

from django.utils.translation import gettext

from sales.models import Product
from web.display import Chip


def sold_chip(product: Product) -> Chip:
    """Show whether a product can be sold."""
    if product.is_active:
        return Chip(gettext("Active"), "good", "circle-check")
    return Chip(gettext("Not sold"), "neutral", "circle-off")
