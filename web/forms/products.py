"""Product field of forms: found by SKU or name, with autocomplete."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from sales.models import Product
from sales.services.products import find_product

SUGGESTIONS = "product-suggestions"
"""The ``<datalist>`` on the page that the server fills while somebody types."""


class ProductInput(forms.TextInput):
    """A text box that offers the products that match; without scripts one types the SKU."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        suggesting = {
            "list": SUGGESTIONS,
            "autocomplete": "off",
            "placeholder": _("SKU or name"),
            "hx-get": reverse_lazy("sales:product-suggestions"),
            "hx-trigger": "input changed delay:120ms",
            "hx-target": f"#{SUGGESTIONS}",
            "hx-swap": "innerHTML",
            "hx-sync": "this:replace",
        }
        super().__init__({**suggesting, **(attrs or {})})


class ProductField(forms.CharField):
    """Reads what was typed as a product of the catalogue."""

    widget = ProductInput

    def clean(self, value: Any) -> Product | None:
        """Find the product; nothing typed is none, unless the field is required."""
        typed = str(super().clean(value)).strip()
        if not typed:
            return None
        try:
            return find_product(typed)
        except DomainError as error:
            raise forms.ValidationError(str(error)) from error
