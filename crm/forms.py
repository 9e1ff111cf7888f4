"""Custom fields on forms: one mixin adds them to the form of any record that has some."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError, SeveralErrors
from common.form_fields import NumberField
from common.form_sentences import PlainErrors
from crm.custom_fields import FIELD_PREFIX, clean_custom, definitions_of
from crm.models import CustomField

Kind = CustomField.Kind
YES_OR_NO = [("", "–"), ("true", _("Yes")), ("false", _("No"))]


class DayInput(forms.DateInput):
    """Date input: the browser's own date picker."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class MoneyInput(forms.MultiWidget):
    """An amount and its currency, side by side."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__([forms.NumberInput({"step": "any"}), forms.TextInput()], attrs)

    def decompress(self, value: Any) -> list[Any]:
        """Take the stored value apart."""
        return [value["amount"], value["currency"]] if value else [None, None]


class MoneyField(forms.MultiValueField):
    """An amount with its currency; both or neither."""

    widget = MoneyInput

    def __init__(self, **kwargs: Any) -> None:
        parts = [NumberField(), forms.CharField(min_length=3, max_length=3)]
        super().__init__(parts, require_all_fields=True, **kwargs)

    def compress(self, data_list: list[Any]) -> dict[str, Any] | None:
        """Put amount and currency together as they are stored."""
        if not data_list:
            return None
        return {"amount": data_list[0], "currency": str(data_list[1]).upper()}


class CustomFieldsForm(PlainErrors, forms.ModelForm[Any]):
    """Adds the custom fields defined for the form's kind of record, checks and saves them."""

    asks_for_all = True
    """False for drafts: what is required is asked for once they are issued."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.custom_definitions = definitions_of(self.instance)
        is_new = self.instance._state.adding
        for definition in self.custom_definitions:
            name = field_name(definition)
            stored = self.instance.custom.get(definition.key)
            if stored is None and is_new:
                stored = definition.default
            field = form_field(definition)
            field.required = field.required and self.asks_for_all
            self.fields[name] = field
            self.initial.setdefault(name, initial_value(definition, stored))

    @cached_property
    def changed_data(self) -> list[str]:
        """Name what was changed; custom fields are one column together."""
        names = [name for name, bound in self._bound_items() if bound._has_changed()]  # type: ignore[attr-defined]  # Django's own way
        kept = [name for name in names if not name.startswith(FIELD_PREFIX)]
        return [*kept, "custom"] if len(kept) < len(names) else kept

    def clean(self) -> dict[str, Any]:
        """Check the custom fields as everywhere, and put them together as ``custom``."""
        cleaned: dict[str, Any] = super().clean() or {}
        names = {field_name(definition): definition.key for definition in self.custom_definitions}
        given = {key: cleaned.pop(name) for name, key in names.items() if name in cleaned}
        if not self.custom_definitions or any(name in self.errors for name in names):
            return cleaned
        is_new = self.instance._state.adding
        try:
            checked = clean_custom(
                self.instance,
                given,
                stored={} if is_new else self.instance.custom,
                complete=self.asks_for_all,
            )
        except DomainError as error:
            self._refuse(error)
            return cleaned
        self.custom_values = checked
        cleaned["custom"] = given
        return cleaned

    def _post_clean(self) -> None:
        if hasattr(self, "custom_values"):
            self.instance.custom = self.custom_values
        super()._post_clean()  # type: ignore[misc]  # Django's hook between checking and saving

    def _refuse(self, error: DomainError) -> None:
        for reason in error.errors if isinstance(error, SeveralErrors) else (error,):
            self.add_error(reason.field if reason.field in self.fields else None, str(reason))


def field_name(definition: CustomField) -> str:
    """Name the form field of a custom field."""
    return f"{FIELD_PREFIX}{definition.key}"


def form_field(definition: CustomField) -> forms.Field:
    """Make the form field that asks for a custom field's value."""
    options = {
        "label": definition.label,
        "help_text": definition.help_text,
        "required": definition.is_required,
    }
    return FIELDS[Kind(definition.kind)](definition, options)


def initial_value(definition: CustomField, stored: Any) -> Any:
    """Turn a stored value into what its form field starts with."""
    if stored is None:
        return None
    kind = definition.kind
    if kind == Kind.NUMBER:
        return Decimal(stored)
    if kind == Kind.DATE:
        return dt.date.fromisoformat(stored)
    return stored


def _text(definition: CustomField, options: dict[str, Any]) -> forms.Field:
    return forms.CharField(max_length=2000, **options)


def _number(definition: CustomField, options: dict[str, Any]) -> forms.Field:
    return NumberField(max_digits=20, decimal_places=5, **options)


def _money(definition: CustomField, options: dict[str, Any]) -> forms.Field:
    return MoneyField(**options)


def _date(definition: CustomField, options: dict[str, Any]) -> forms.Field:
    return forms.DateField(widget=DayInput(), **options)


def _yes_no(definition: CustomField, options: dict[str, Any]) -> forms.Field:
    return forms.TypedChoiceField(
        choices=YES_OR_NO,
        coerce=lambda word: word in {"true", "True", True},
        empty_value=None,
        widget=YesNoSelect(),
        **options,
    )


def _choice(definition: CustomField, options: dict[str, Any]) -> forms.Field:
    return forms.ChoiceField(
        choices=[("", "–"), *((word, word) for word in definition.choices)], **options
    )


def _choices(definition: CustomField, options: dict[str, Any]) -> forms.Field:
    return forms.MultipleChoiceField(
        choices=[(word, word) for word in definition.choices],
        widget=forms.CheckboxSelectMultiple(),
        **options,
    )


def _link(definition: CustomField, options: dict[str, Any]) -> forms.Field:
    return forms.URLField(max_length=500, assume_scheme="https", **options)


class YesNoSelect(forms.Select):
    """A choice of yes, no or empty."""

    def format_value(self, value: Any) -> list[str]:
        """Select the option of the stored value."""
        if isinstance(value, bool):
            value = "true" if value else "false"
        return [str(value or "")]


FIELDS: dict[Kind, Callable[[CustomField, dict[str, Any]], forms.Field]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.MONEY: _money,
    Kind.DATE: _date,
    Kind.YES_NO: _yes_no,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.LINK: _link,
}
