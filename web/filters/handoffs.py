"""List filter of handoffs."""

from __future__ import annotations

import django_filters as filters
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fulfilment.models import Connection, Handoff


class HandoffFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """Filters handoffs."""

    text = filters.CharFilter(label=_("Document or their reference"), method="matching")
    state = filters.ChoiceFilter(
        label=_("State"), choices=Handoff.State.choices, empty_label=_("Any")
    )
    connection = filters.ModelChoiceFilter(
        label=_("Connection"),
        field_name="lane__connection",
        queryset=Connection.objects.all(),
        empty_label=_("Any"),
    )

    class Meta:
        model = Handoff
        fields = ("text", "state", "connection")

    def matching(
        self, handoffs: models.QuerySet[Handoff], name: str, text: str
    ) -> models.QuerySet[Handoff]:
        """Keep handoffs of a document number, or with their reference."""
        found = Q(event__subject_number__icontains=text) | Q(reference__icontains=text)
        return handoffs.filter(found)
