"""Forms of one line of a draft."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django import forms
from django.utils.formats import sanitize_separators
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.formatting import plain_number, plain_price
from sales.models import AnyLine, DocumentLine, ProductCategory, TaxCategory
from web.forms.base import RateField, StyledForm

HUNDRED = Decimal(100)


class DiscountField(forms.CharField):
    """A discount as people type it: ``10`` is money off the whole line, ``10%`` a percentage."""

    def clean(self, value: Any) -> dict[str, Decimal | None]:
        """Read the discount as the two columns of a line, of which one at most is filled."""
        text = str(super().clean(value)).strip()
        if not text:
            return {"discount_amount": None, "discount_rate": None}
        try:
            number = Decimal(str(sanitize_separators(text.removesuffix("%").strip())))
        except InvalidOperation as error:
            raise forms.ValidationError(_("Type 10 for money or 10% for a percentage.")) from error
        if not text.endswith("%"):
            return {"discount_amount": number, "discount_rate": None}
        return {"discount_amount": None, "discount_rate": number / HUNDRED}


def discount_as_typed(line: DocumentLine) -> str:
    """Write a line's discount the way it was typed."""
    if line.discount_rate is not None:
        return f"{plain_number(line.discount_rate * HUNDRED)}%"
    return plain_number(line.discount_amount)


class LineForm(forms.Form):
    """Form of a row of the line editor."""

    description = forms.CharField(label=_("Description"), max_length=500)
    quantity = forms.DecimalField(
        label=_("Quantity"), max_digits=20, decimal_places=5, min_value=0, localize=True
    )
    unit_price = forms.DecimalField(
        label=_("Unit price"),
        max_digits=20,
        decimal_places=5,
        min_value=0,
        required=False,
        localize=True,
    )
    discount = DiscountField(label=_("Discount"), required=False)

    def refused_cells(self) -> list[str]:
        """Return the cells whose values were refused, by name."""
        return [name for name in self.fields if name in self.errors]

    def problems(self) -> list[str]:
        """Return why the row was refused; a sentence about a cell begins with its label."""
        return [
            gettext("%(field)s: %(problem)s") % {"field": self[name].label, "problem": error}
            if name in self.fields
            else str(error)
            for name, errors in self.errors.items()
            for error in errors
        ]

    def changes(self) -> dict[str, Any]:
        """Return the typed values by column."""
        columns = dict(self.cleaned_data)
        discount = columns.pop("discount")
        return {**columns, **discount}


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

    def __init__(self, *args: Any, line: AnyLine | None = None, **kwargs: Any) -> None:
        self.line = line
        if line is not None:
            kwargs["initial"] = self.as_it_stands(line)
        super().__init__(*args, **kwargs)

    def as_it_stands(self, line: AnyLine) -> dict[str, Any]:
        """Return what the inputs show of a line."""
        return {
            "tax_category": line.tax_category_id,
            "tax_rate": line.tax_rate if line.tax_rate_is_typed else None,
        }

    def columns(self) -> dict[str, Any]:
        """Return what was typed, by column."""
        return dict(self.cleaned_data)

    def differences(self) -> dict[str, Any]:
        """Return what differs from the line, by column."""
        stored = {"tax_rate": self.initial.get("tax_rate")}
        return {
            name: value
            for name, value in self.columns().items()
            if value != stored.get(name, getattr(self.line, name))
        }


class ProductLineForm(DetailsForm):
    """Form of a product's line: how it is taxed."""

    widths: ClassVar = {"tax_category": 6, "tax_rate": 6}

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
    quantity = forms.DecimalField(
        label=_("Quantity"), max_digits=20, decimal_places=5, min_value=0, initial=1, localize=True
    )
    unit_price = forms.DecimalField(
        label=_("Unit price"), max_digits=20, decimal_places=5, min_value=0, localize=True
    )
    discount = DiscountField(
        label=_("Discount"), required=False, help_text=_("10 for money, 10% for a percentage.")
    )
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
            "unit_price": plain_price(line.unit_price, line.document.currency),
            "discount": discount_as_typed(line),
            "tax_category": None if line.tax_category_id == own else line.tax_category_id,
        }

    def columns(self) -> dict[str, Any]:
        """Return what was typed, by column; without a tax category that of the category."""
        typed = super().columns()
        typed["tax_category"] = typed["tax_category"] or typed["product_category"].tax_category
        discount = typed.pop("discount")
        return {**typed, **discount}


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
