"""Base class of list filters: what is wrong with a choice is said as in every form."""

from __future__ import annotations

import django_filters as filters
from django import forms

from common.form_sentences import PlainErrors


class RecordFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """Filters of a list, with a form."""

    def get_form_class(self) -> type[forms.BaseForm]:
        """Return the form, with our sentences about its fields."""
        made: type[forms.BaseForm] = super().get_form_class()
        return type(made.__name__, (PlainErrors, made), {})
