"""List filter of handoffs."""

from __future__ import annotations

import django_filters as filters
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fulfilment.models import Connection, Handoff
from web.filters.base import RecordFilter

TO_SEND = "to_send"
"""Not delivered, in whatever state; those that need a person are another choice."""


class HandoffFilter(RecordFilter):
    """Filters handoffs."""

    text = filters.CharFilter(label=_("Document or their reference"), method="matching")
    state = filters.ChoiceFilter(
        label=_("State"),
        choices=[(TO_SEND, _("Waiting")), *Handoff.State.choices],
        empty_label=_("Any"),
        method="in_state",
    )
    connection = filters.ModelChoiceFilter(
        label=_("Connection"),
        field_name="lane__connection",
        to_field_name="code",
        queryset=Connection.objects.all(),
        empty_label=_("Any"),
    )

    class Meta:
        model = Handoff
        fields = ("text", "state", "connection")

    def in_state(
        self, handoffs: models.QuerySet[Handoff], name: str, state: str
    ) -> models.QuerySet[Handoff]:
        """Keep handoffs in a state, or all that are still to be sent."""
        return handoffs.filter(state__in=Handoff.TO_SEND if state == TO_SEND else [state])

    def matching(
        self, handoffs: models.QuerySet[Handoff], name: str, text: str
    ) -> models.QuerySet[Handoff]:
        """Keep handoffs of a document number, or with their reference."""
        found = Q(event__subject_number__icontains=text) | Q(reference__icontains=text)
        return handoffs.filter(found)
