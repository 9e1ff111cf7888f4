"""What an opportunity is about, and what is asked before a document comes of it."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.forms import DayInput
from web.forms.base import StyledForm
from web.forms.products import ProductField


class OpportunityLineForm(StyledForm):
    """A product the customer is interested in."""

    widths: ClassVar = {"product": 6, "quantity": 3, "unit_price": 3}

    product = ProductField(label=_("Product"))
    quantity = forms.DecimalField(
        label=_("Quantity"), max_digits=20, decimal_places=5, min_value=0, initial=1, localize=True
    )
    unit_price = forms.DecimalField(
        label=_("Unit price"),
        max_digits=20,
        decimal_places=5,
        min_value=0,
        required=False,
        localize=True,
        help_text=_("Empty: the list's."),
    )


class QuoteFromOpportunityForm(StyledForm):
    """Until when the offer will stand."""

    valid_until = forms.DateField(label=_("Valid until"), widget=DayInput())


class OrderFromOpportunityForm(StyledForm):
    """When the customer wants it."""

    requested_on = forms.DateField(label=_("Requested delivery"), widget=DayInput(), required=False)
