"""Forms of one line of a draft."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django import forms
from django.utils.formats import sanitize_separators
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.formatting import plain_number
from sales.models import DocumentLine, ProductCategory
from web.forms.base import StyledForm

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


class WriteInForm(StyledForm):
    """Form of a write-in line: a product that is not in the catalogue."""

    widths: ClassVar = {"product_category": 6, "quantity": 3, "unit_price": 3}

    description = forms.CharField(label=_("Description"), max_length=500)
    product_category = forms.ModelChoiceField(
        label=_("Category"), queryset=ProductCategory.objects.all()
    )
    quantity = forms.DecimalField(
        label=_("Quantity"), max_digits=20, decimal_places=5, min_value=0, initial=1, localize=True
    )
    unit_price = forms.DecimalField(
        label=_("Unit price"), max_digits=20, decimal_places=5, min_value=0, localize=True
    )


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
