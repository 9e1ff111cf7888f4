"""Forms of promotion codes and of the price refresh."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from common.form_fields import WholeNumberField
from sales.services.price_refresh import PriceDrift
from web.forms.base import StyledForm


class PromotionForm(StyledForm):
    """Form of a promotion code."""

    promotion = forms.CharField(
        label=_("Promotion code"),
        max_length=30,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "placeholder": _("Promotion code"),
            }
        ),
    )


class RefreshForm(StyledForm):
    """Form of a price refresh: the lines that take today's list price."""

    widths: ClassVar = {}

    lines = forms.MultipleChoiceField(
        label=_("Lines"), widget=forms.CheckboxSelectMultiple, required=False
    )
    version = WholeNumberField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, drifted: Sequence[PriceDrift], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.drifted = drifted
        field = self.fields["lines"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = [(str(each.line_id), each.description) for each in drifted]
        field.initial = [str(each.line_id) for each in drifted if not each.is_typed]

    def clean_lines(self) -> list[UUID]:
        """Return the chosen lines, one at least."""
        chosen = [UUID(pk) for pk in self.cleaned_data["lines"]]
        if not chosen:
            raise forms.ValidationError(_("Tick the lines whose price is to change."))
        return chosen

    def rows(self) -> list[tuple[PriceDrift, Any]]:
        """Return each drifted line beside its box."""
        return list(zip(self.drifted, self["lines"], strict=True))
