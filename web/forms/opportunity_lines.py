"""Forms of an opportunity's lines, and of the quotes and orders drafted from it."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.forms import DayInput
from web.forms.base import StyledForm
from web.forms.lines import DiscountField
from web.forms.products import ProductField


class OpportunityLineForm(StyledForm):
    """Form of a line of an opportunity."""

    widths: ClassVar = {"product": 12, "quantity": 4, "unit_price": 4, "discount": 4}

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
        help_text=_("Empty: the list price."),
    )
    discount = DiscountField(
        label=_("Discount"),
        required=False,
        help_text=_("10 is money off the whole line, 10% a percentage."),
    )

    def changes(self) -> dict[str, Any]:
        """Return the typed values by column."""
        columns = dict(self.cleaned_data)
        discount = columns.pop("discount")
        return {**columns, **discount}


class QuoteFromOpportunityForm(StyledForm):
    """Form of a quote drafted from an opportunity: its last day."""

    valid_until = forms.DateField(label=_("Valid until"), widget=DayInput())


class OrderFromOpportunityForm(StyledForm):
    """Form of an order drafted from an opportunity: its requested date."""

    requested_on = forms.DateField(label=_("Requested delivery"), widget=DayInput(), required=False)
