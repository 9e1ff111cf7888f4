"""Forms of an opportunity's lines, and of the quotes and orders drafted from it."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from common.form_fields import NumberField
from crm.forms import DayInput
from sales.models import Company
from web.forms.base import StyledForm
from web.forms.lines import (
    LIST_PRICE_HELP,
    DeductionForm,
    DiscountField,
    PriceField,
    columns_of,
    discount_hint,
    discount_label,
)
from web.forms.products import ProductField


class OpportunityLineForm(StyledForm):
    """Form of a line of an opportunity."""

    widths: ClassVar = {"product": 12, "quantity": 4, "unit_price": 4, "discount": 4}

    product = ProductField(label=_("Product"))
    quantity = NumberField(
        label=_("Quantity"), max_digits=20, decimal_places=5, min_value=0, initial=1, localize=True
    )
    unit_price = PriceField(
        required=False,
        help_text=LIST_PRICE_HELP,
    )
    discount = DiscountField(required=False)

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        discount = self.fields["discount"]
        discount.label, discount.help_text = discount_label(company), discount_hint(company)

    def changes(self) -> dict[str, Any]:
        """Return the typed values by column."""
        return columns_of(self.cleaned_data)


class OpportunityDeductionForm(DeductionForm):
    """Form of a trade-in or rebate of an opportunity; its tax rate is that of the quote's day."""

    widths: ClassVar = {"quantity": 4, "unit_price": 8, "product_category": 6, "tax_category": 6}

    tax_rate = None  # type: ignore[assignment]  # Django's way to leave a field out

    def changes(self) -> dict[str, Any]:
        """Return the typed values by column."""
        return {name: value for name, value in self.columns().items() if name != "kind"}


class QuoteFromOpportunityForm(StyledForm):
    """Form of a quote drafted from an opportunity: its last day."""

    valid_until = forms.DateField(label=_("Valid until"), widget=DayInput())


class OrderFromOpportunityForm(StyledForm):
    """Form of an order drafted from an opportunity: its requested date."""

    requested_on = forms.DateField(label=_("Requested delivery"), widget=DayInput(), required=False)
