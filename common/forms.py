"""How form fields look: Django's own, in the classes of our style sheet."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting

PLAIN_WIDGETS = (forms.HiddenInput, forms.MultipleHiddenInput, forms.ClearableFileInput)


def widget_class(widget: forms.Widget) -> str:
    """Name the style of a widget."""
    if isinstance(widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "form-check-input"
    if isinstance(widget, forms.Select):
        return "form-select"
    return "form-control"


class HouseBoundField(forms.BoundField):
    """A field that knows its style and says so when its value is refused."""

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


class HouseRenderer(TemplatesSetting):
    """Renders every form of ours, and allauth's, with one field template."""

    field_template_name = "base/field.html"
    bound_field_class = HouseBoundField


class DayInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")
