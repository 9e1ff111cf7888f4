"""Where a document's goods go, typed in four fields and kept as one value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from common.form_sentences import PlainErrors

PARTS = ("street", "postal_code", "city", "country")
"""The parts of an address, in the order in which they are asked for."""

WIDTHS = {"street": 6, "postal_code": 3, "city": 3, "country": 6}


class ShipToFields(PlainErrors, forms.Form):
    """Mixin: asks where the goods go."""

    street = forms.CharField(label=_("Ship to: street"), max_length=200, required=False)
    postal_code = forms.CharField(label=_("Postal code"), max_length=20, required=False)
    city = forms.CharField(label=_("City"), max_length=100, required=False)
    country = forms.ChoiceField(label=_("Country"), choices=[("", "–"), *countries], required=False)


def parts_of(address: Mapping[str, str]) -> dict[str, str]:
    """Return what the four fields show of an address."""
    return {part: address.get(part, "") for part in PARTS}


def put_together(
    typed: dict[str, Any], address: Mapping[str, str], changed: Iterable[str] = PARTS
) -> dict[str, Any]:
    """Replace the four fields by one ``shipping_address``, if any of them is among the changed."""
    parts = {part: typed.pop(part) for part in PARTS if part in typed}
    if not set(PARTS) & set(changed):
        return typed
    return {**typed, "shipping_address": {**address, **parts}}
