"""Base classes of forms: renderer, widths and fields in the classes of our style sheet."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus
from typing import Any, ClassVar

from django import forms
from django.forms.renderers import TemplatesSetting
from django.forms.widgets import ChoiceWidget

from common.errors import DomainError, SeveralErrors
from common.form_fields import NumberField
from common.form_sentences import ABOVE_ZERO, PlainErrors
from common.formatting import plain_number
from web.refusals import OVERTAKEN, refusal_text

OVERTAKEN_CODE = "overtaken"
"""Marks an error of a form that is about what the record is by now."""

PLAIN_WIDGETS = (forms.HiddenInput, forms.MultipleHiddenInput, forms.ClearableFileInput)


def widget_class(widget: forms.Widget) -> str:
    """Name the style of a widget."""
    if isinstance(widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "form-check-input"
    if isinstance(widget, forms.Select):
        return "form-select"
    return "form-control"


class StyledBoundField(forms.BoundField):
    """A bound field with our CSS classes, marked as invalid when its value is refused."""

    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: forms.Widget | None = None
    ) -> dict[str, Any]:
        """Add our classes to whatever the widget already carries."""
        built: dict[str, Any] = super().build_widget_attrs(attrs, widget)
        shown = widget or self.field.widget
        if isinstance(shown, PLAIN_WIDGETS):
            return built
        given = built.get("class", shown.attrs.get("class", ""))
        names = [given, widget_class(shown), "is-invalid" if self.errors else ""]
        built["class"] = " ".join(name for name in names if name)
        return built


class FormRenderer(TemplatesSetting):
    """Renders every form of ours, and allauth's, with one field template."""

    field_template_name = "base/field.html"
    bound_field_class = StyledBoundField


class Widths:
    """Mixin: how many of the twelve columns each field takes, as in ``{"name": 8}``."""

    widths: ClassVar[dict[str, int]] = {}
    fields: dict[str, forms.Field]

    def lay_out(self) -> None:
        """Give each field its width."""
        for name, columns in self.widths.items():
            self.fields[name].width = f"span-{columns}"  # type: ignore[attr-defined]  # read by form.html


class StyledForm(Widths, PlainErrors, forms.Form):
    """A form that asks for the input of an action."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lay_out()


class RecordForm(Widths, PlainErrors, forms.ModelForm[Any]):
    """A form that edits a record."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lay_out()


class RateField(NumberField):
    """A percentage for people, a fraction for us: 5.5 is 0.055."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("min_value", 0)
        kwargs.setdefault("max_value", 100)
        super().__init__(decimal_places=4, max_digits=9, localize=True, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Write the stored fraction as a percentage; what somebody typed stays as it is."""
        return plain_number(value * 100) if isinstance(value, Decimal) else value

    def clean(self, value: Any) -> Any:
        """Read a percentage as a fraction; nothing typed is zero."""
        percentage = super().clean(value)
        return Decimal(0) if percentage is None else percentage / 100

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare as percentages; nothing typed is zero."""
        percentage = initial * 100 if isinstance(initial, Decimal) else initial
        return super().has_changed(percentage or Decimal(0), data or "0")


class AmountField(NumberField):
    """Money in the document's currency; nothing typed is nothing."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(max_digits=20, decimal_places=5, localize=True, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Write the stored amount without trailing zeros; what somebody typed stays as it is."""
        return plain_number(value) if isinstance(value, Decimal) else value

    def clean(self, value: Any) -> Any:
        """Read an amount; nothing typed is zero."""
        amount = super().clean(value)
        return Decimal(0) if amount is None else amount

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare as numbers; nothing typed is zero."""
        return super().has_changed(initial or Decimal(0), data or "0")


class PositiveAmountField(NumberField):
    """An amount above zero; how many decimals it has, its currency says, which the service asks."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=20, localize=True, **kwargs)

    def validate(self, value: Any) -> None:
        """Refuse zero and less."""
        super().validate(value)
        if value is not None and value <= 0:
            raise forms.ValidationError(ABOVE_ZERO, "above_zero", {"value": value})


def read_choices(form: forms.BaseForm) -> None:
    """Read the records that a form offers, so that rendering its fields asks for nothing more."""
    for field in form.fields.values():
        if isinstance(field.widget, ChoiceWidget):
            field.widget.choices = list(iter(field.widget.choices))  # without a COUNT before


def add_refusal(form: forms.BaseForm, error: DomainError) -> None:
    """Put the reason of a refusal beside the field, or the line, it is about, if the form asks."""
    reasons = error.errors if isinstance(error, SeveralErrors) else (error,)
    for reason in reasons:
        about = (name for name in (reason.field, reason.line) if name in form.fields)
        code = OVERTAKEN_CODE if isinstance(reason, OVERTAKEN) else None
        form.add_error(next(about, None), forms.ValidationError(refusal_text(reason), code=code))


def status_of_forms(*shown: forms.BaseForm) -> HTTPStatus:
    """Return the status of a page with these forms, all of which were refused or none.

    409 where somebody else was faster, 422 where something typed is wrong.
    """
    errors = [each for form in shown for each in form.errors.as_data().values()]
    if any(error.code == OVERTAKEN_CODE for each in errors for error in each):
        return HTTPStatus.CONFLICT
    return HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
