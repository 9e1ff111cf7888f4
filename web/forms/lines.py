"""Forms of one line of a draft."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.form_fields import NumberField
from common.form_sentences import PlainErrors
from common.formatting import plain_number, plain_price
from sales.models import (
    AnyDocument,
    AnyLine,
    DocumentLine,
    PricingRules,
    ProductCategory,
    TaxCategory,
)
from sales.pricing.errors import InvalidQuantity
from sales.pricing.money import ONE
from sales.pricing.quantities import check_price_quantity
from web.forms.base import RateField, StyledForm

HUNDRED = Decimal(100)


class DiscountField(forms.CharField):
    """A discount as people type it: ``10`` is money, ``10%`` a percentage."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        no_number = dict.fromkeys(
            ("invalid", "required"), _("Type 10 for money or 10% for a percentage.")
        )
        self.number = NumberField(
            max_digits=20, decimal_places=5, localize=True, error_messages=no_number
        )

    def clean(self, value: Any) -> dict[str, Decimal | None]:
        """Read the discount as the two columns of a line, of which one at most is filled."""
        text = str(super().clean(value)).strip()
        if not text:
            return {"discount_amount": None, "discount_rate": None}
        number: Decimal = self.number.clean(text.removesuffix("%").strip())
        if not text.endswith("%"):
            return {"discount_amount": number, "discount_rate": None}
        return {"discount_amount": None, "discount_rate": number / HUNDRED}


LIST_PRICE_HELP = _("12.50 / 100 is the price of 100 units. Empty: the list price.")


class PriceField(forms.CharField):
    """A price as people type it: ``12.50``, or ``12.50 / 100`` for 100 units."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"label": _("Unit price"), **kwargs})
        incomplete = {"required": _("Type 12.50, or 12.50 / 100 for the price of 100 units.")}
        kept: dict[str, Any] = {"max_digits": 20, "decimal_places": 5, "localize": True}
        self.amount = NumberField(min_value=0, error_messages=incomplete, **kept)
        self.units = NumberField(error_messages=incomplete, **kept)

    def clean(self, value: Any) -> dict[str, Decimal | None]:
        """Read the price as the two columns of a line; one without a slash is for one unit."""
        text = str(super().clean(value)).strip()
        if not text:
            return {"unit_price": None, "price_quantity": ONE}
        amount, slash, units = (part.strip() for part in text.partition("/"))
        price = self.amount.clean(amount)
        return {"unit_price": price, "price_quantity": self._units(units) if slash else ONE}

    def _units(self, text: str) -> Decimal:
        units: Decimal = self.units.clean(text)
        try:
            check_price_quantity(units)
        except InvalidQuantity as error:
            raise forms.ValidationError(str(error)) from error
        return units


def price_as_typed(line: DocumentLine, currency: str) -> str:
    """Write a line's price the way it is typed."""
    return plain_price(line.typed_price, currency, line.price_quantity)


def columns_of(typed: Mapping[str, Any]) -> dict[str, Any]:
    """Spread price and discount, which are typed in one field each, over their columns."""
    columns: dict[str, Any] = {}
    for name, value in typed.items():
        columns |= value if isinstance(value, dict) else {name: value}
    return columns


def discount_label(rules: PricingRules) -> str:
    """Say what an amount typed as a discount comes off."""
    return gettext("Discount of each") if rules.discounts_each_unit else gettext("Discount")


def discount_hint(rules: PricingRules) -> str:
    """Say how a discount is typed."""
    if rules.discounts_each_unit:
        return gettext("10 off each unit, 10% for a percentage.")
    return gettext("10 for money, 10% for a percentage.")


def discount_as_typed(line: DocumentLine) -> str:
    """Write a line's discount the way it was typed."""
    if line.discount_rate is not None:
        return f"{plain_number(line.discount_rate * HUNDRED)}%"
    return plain_number(line.discount_amount)


class ProductBox(PlainErrors, forms.Form):
    """What is typed to find a product."""

    q = forms.CharField(label=_("Product"), required=False)


class LineForm(PlainErrors, forms.Form):
    """Form of a row of the line editor."""

    description = forms.CharField(label=_("Description"), max_length=500)
    quantity = NumberField(
        label=_("Quantity"), max_digits=20, decimal_places=5, min_value=0, localize=True
    )
    unit_price = PriceField(required=False)
    discount = DiscountField(label=_("Discount"), required=False)

    def refused_cells(self) -> list[str]:
        """Return the cells whose values were refused, by name."""
        return [name for name in self.fields if name in self.errors]

    def problems(self) -> list[str]:
        """Return why the row was refused; a sentence about a cell begins with its label."""
        return [
            _about(str(self[name].label), str(error)) if name in self.fields else str(error)
            for name, errors in self.errors.items()
            for error in errors
        ]

    def changes(self) -> dict[str, Any]:
        """Return the typed values by column."""
        return columns_of(self.cleaned_data)


def _about(label: str, problem: str) -> str:
    """Begin a sentence about a cell with its label, if it does not already."""
    if problem.startswith(label):
        return problem
    return gettext("%(field)s: %(problem)s") % {"field": label, "problem": problem}


class TaxRateField(RateField):
    """A tax rate as a percentage; nothing typed is the rate that follows from the category."""

    def clean(self, value: Any) -> Any:
        """Tell nothing typed from a rate of zero."""
        rate = super().clean(value)
        return None if value in self.empty_values else rate


class CategoryField(forms.ModelChoiceField[ProductCategory]):
    """A product category, shown with how it is taxed."""

    def label_from_instance(self, obj: ProductCategory) -> str:
        """Name the tax category too."""
        if obj.tax_category is None:
            return str(obj)
        return gettext("%(category)s (tax: %(tax)s)") % {"category": obj, "tax": obj.tax_category}


class DetailsForm(StyledForm):
    """Base of the forms of one line, which ask what its row does not show, such as its tax."""

    def __init__(
        self,
        *args: Any,
        document: AnyDocument | None = None,
        line: AnyLine | None = None,
        **kwargs: Any,
    ) -> None:
        self.line = line
        if line is not None:
            kwargs["initial"] = self.as_it_stands(line)
        super().__init__(*args, **kwargs)
        discount = self.fields.get("discount")
        if discount and document is not None:
            discount.label, discount.help_text = discount_label(document), discount_hint(document)

    def as_it_stands(self, line: AnyLine) -> dict[str, Any]:
        """Return what the inputs show of a line."""
        return {
            "unit_price": price_as_typed(line, line.document.currency),
            "tax_category": line.tax_category_id,
            "tax_rate": line.tax_rate if line.tax_rate_is_typed else None,
        }

    def columns(self) -> dict[str, Any]:
        """Return what was typed, by column."""
        return columns_of(self.cleaned_data)

    def differences(self) -> dict[str, Any]:
        """Return what differs from the line, by column."""
        stored: dict[str, Any] = {"tax_rate": self.initial.get("tax_rate")}
        if self.line is not None:
            stored["unit_price"] = self.line.typed_price
        return {
            name: value
            for name, value in self.columns().items()
            if value != stored.get(name, getattr(self.line, name))
        }


class ProductLineForm(DetailsForm):
    """Form of a product's line: its price, and how it is taxed."""

    widths: ClassVar = {"unit_price": 4, "tax_category": 4, "tax_rate": 4}

    unit_price = PriceField(
        required=False,
        help_text=LIST_PRICE_HELP,
    )
    tax_category = forms.ModelChoiceField(
        label=_("Tax category"), queryset=TaxCategory.objects.all()
    )
    tax_rate = TaxRateField(
        label=_("Tax rate, %"),
        required=False,
        help_text=_("Empty: the category's rate where the customer is taxed, on the day."),
    )


class WriteInForm(DetailsForm):
    """Form of a write-in line: a product that is not in the catalogue."""

    widths: ClassVar = {
        "product_category": 12,
        "quantity": 4,
        "unit_price": 4,
        "discount": 4,
        "tax_category": 6,
        "tax_rate": 6,
    }

    description = forms.CharField(label=_("Description"), max_length=500)
    product_category = CategoryField(
        label=_("Category"), queryset=ProductCategory.objects.select_related("tax_category")
    )
    quantity = NumberField(
        label=_("Quantity"), max_digits=20, decimal_places=5, min_value=0, initial=1, localize=True
    )
    unit_price = PriceField(help_text=_("12.50 / 100 is the price of 100 units."))
    discount = DiscountField(required=False)
    tax_category = forms.ModelChoiceField(
        label=_("Tax category"),
        queryset=TaxCategory.objects.all(),
        required=False,
        empty_label=_("As the category"),
    )
    tax_rate = TaxRateField(
        label=_("Tax rate, %"),
        required=False,
        help_text=_("Empty: the tax category's rate where the customer is taxed, on the day."),
    )

    def as_it_stands(self, line: AnyLine) -> dict[str, Any]:
        """Return what the inputs show of a line."""
        own = line.product_category.tax_category_id if line.product_category else None
        stands = super().as_it_stands(line)
        return {
            **stands,
            "description": line.description,
            "product_category": line.product_category_id,
            "quantity": plain_number(line.quantity),
            "discount": discount_as_typed(line),
            "tax_category": None if line.tax_category_id == own else line.tax_category_id,
        }

    def columns(self) -> dict[str, Any]:
        """Return what was typed, by column; without a tax category that of the category."""
        typed = super().columns()
        category = typed["product_category"]
        typed["tax_category"] = typed["tax_category"] or (category and category.tax_category)
        return typed


class DeductionForm(WriteInForm):
    """Form of a trade-in or rebate: what it takes off, typed above zero, and how that is taxed."""

    widths: ClassVar = {
        "quantity": 4,
        "unit_price": 8,
        "product_category": 12,
        "tax_category": 6,
        "tax_rate": 6,
    }
    field_order = ("description", "quantity", "unit_price", "product_category")

    unit_price = PriceField(
        label=_("Deduction per unit"),
        help_text=_("Counts as a discount on everything, and against your discount limit."),
    )
    product_category = CategoryField(
        label=_("Category"),
        queryset=ProductCategory.objects.select_related("tax_category"),
        required=False,
        help_text=_("Of what it is taken off, so that it is taxed alike; or choose how below."),
    )
    discount = None  # type: ignore[assignment]  # Django's way to leave a field out

    def columns(self) -> dict[str, Any]:
        """Return what was typed, by column."""
        return {**super().columns(), "kind": DocumentLine.Kind.DEDUCTION}


class TextLineForm(StyledForm):
    """Form of a heading or a note between the lines."""

    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[
            (DocumentLine.Kind.SECTION.value, _("Section heading")),
            (DocumentLine.Kind.NOTE.value, _("Note")),
        ],
    )
    description = forms.CharField(label=_("Text"), max_length=500)
