"""List filters by custom fields."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from crm.custom_fields import FIELD_PREFIX, definitions_of, having
from crm.custom_values import InvalidCustomValue
from crm.models import CustomField

Kind = CustomField.Kind
YES_OR_NO = [("true", _("Yes")), ("false", _("No"))]


class CustomFilter(filters.Filter):  # type: ignore[misc]  # django-filter ships no types
    """Keeps the records whose custom field has a value."""

    def __init__(self, definition: CustomField) -> None:
        self.definition = definition
        super().__init__(label=definition.label)

    @property
    def field(self) -> forms.Field:
        """Ask for a value, by choosing where there is something to choose from."""
        if self.definition.kind in {Kind.CHOICE, Kind.CHOICES}:
            choices = [(word, word) for word in self.definition.choices]
        elif self.definition.kind == Kind.YES_NO:
            choices = YES_OR_NO
        else:
            return forms.CharField(label=self.label, required=False)
        return forms.ChoiceField(
            choices=[("", _("Any")), *choices], label=self.label, required=False
        )

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Keep what matches; a value that the field cannot have matches nothing."""
        wanted: object = value.strip() if value else value
        if not wanted:
            return qs
        if self.definition.kind == Kind.YES_NO:
            wanted = value == "true"
        elif self.definition.kind == Kind.MONEY:
            amount, _space, currency = value.strip().rpartition(" ")
            wanted = {"amount": amount, "currency": currency.upper()}
        try:
            return qs.filter(having(self.definition, wanted))
        except InvalidCustomValue:
            return qs.none()


class CustomFilters:
    """Adds a filter for every custom field that is shown in lists."""

    filters: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        model: type[Model] = self._meta.model  # type: ignore[attr-defined]  # a filter set's own
        for definition in definitions_of(model):
            if definition.show_in_list:
                self.filters[f"{FIELD_PREFIX}{definition.key}"] = CustomFilter(definition)
