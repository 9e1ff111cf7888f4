"""Admin pages of custom fields."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from common.form_sentences import PlainErrors
from crm.admin.base import RecordAdmin
from crm.custom_fields import check_definition, is_used
from crm.models import CustomField

Kind = CustomField.Kind


class ChoicesField(forms.CharField):
    """A list of choices, one a line."""

    widget = forms.Textarea({"rows": 5})

    def prepare_value(self, value: Any) -> Any:
        """Write the list as lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        """Read lines as a list."""
        text: str = super().clean(value)
        return [line.strip() for line in text.splitlines() if line.strip()]


class DefaultField(forms.CharField):
    """A default as people type it: a word, a number, a day, or yes."""

    def prepare_value(self, value: Any) -> Any:
        """Write the stored value as it would be typed."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, list):
            return ", ".join(value)
        if isinstance(value, dict):
            return f"{value['amount']} {value['currency']}"
        return value


class CustomFieldForm(PlainErrors, forms.ModelForm[CustomField]):
    """Form of a custom field's definition, which is checked as a whole."""

    choices = ChoicesField(required=False, help_text=_("One a line."))
    default = DefaultField(
        required=False,
        help_text=_("For money: 10 EUR; for yes or no: yes; for several choices: one, other."),
    )

    class Meta:
        model = CustomField
        fields = (
            "record_type",
            "key",
            "label",
            "kind",
            "choices",
            "is_required",
            "default",
            "help_text",
            "position",
            "show_in_list",
            "show_in_document",
            "send_in_handoffs",
            "is_active",
        )

    def clean(self) -> dict[str, Any]:
        """Read the default as the field's kind wants it."""
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["default"] = read_default(cleaned.get("kind", ""), cleaned.get("default") or "")
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's hook between checking and saving
        if self.errors:
            return
        try:
            check_definition(self.instance)
        except DomainError as error:
            self.add_error(error.field if error.field in self.fields else None, str(error))


def read_default(kind: str, text: str) -> Any:
    """Turn what was typed as a default into what the kind of field takes."""
    typed = text.strip()
    if not typed:
        return None
    if kind == Kind.YES_NO:
        return {"yes": True, "no": False}.get(typed.casefold(), typed)
    if kind == Kind.CHOICES:
        return [word.strip() for word in typed.split(",") if word.strip()]
    if kind == Kind.MONEY:
        amount, _space, currency = typed.rpartition(" ")
        return {"amount": amount.strip(), "currency": currency.upper()}
    return typed


@admin.register(CustomField)
class CustomFieldAdmin(RecordAdmin[CustomField]):
    """Custom fields of accounts, contacts, leads, opportunities, products and documents."""

    form = CustomFieldForm
    list_display = ("label", "record_type", "key", "kind", "is_required", "position", "is_active")
    list_filter = ("record_type", "kind", "is_active")
    search_fields = ("label", "key")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A field that records have values for is switched off, not deleted."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or not is_used(obj.record_type, obj.key))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Leave out the bulk deletion: whether a field is used is checked for each one."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions
