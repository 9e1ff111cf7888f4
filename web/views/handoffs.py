"""The handoff desk: what is on its way to other systems, and what they answered."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import django_filters as filters
from django.db import models
from django.db.models import Count, Min, Q
from django.db.models.functions import Cast
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from common.formatting import format_ago
from common.keyset import Group
from crm.models import User
from fulfilment.models import Connection, Handoff
from fulfilment.monitoring.alerts import alerts_for
from fulfilment.monitoring.metrics import collect_metrics
from web.chips.handoffs import handoff_chip
from web.display import Column
from web.http import RepRequest, rep_with
from web.pages.handoffs import RELATED, handoff_page
from web.rendering import render_page
from web.screens import Empty, ListScreen

CAUSES = 8
"""So many causes are shown above the list."""


class HandoffFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """Narrows down handoffs."""

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


@dataclass(frozen=True, slots=True)
class Cause:
    """What holds up some handoffs to one system; one of them stands for all."""

    text: str
    connection: str
    counted: str
    url: str
    replay_url: str
    """Where all of them are sent again; empty for who may not."""


def causes_among(handoffs: models.QuerySet[Handoff], user: User) -> list[Cause]:
    """Group what needs a person, the commonest cause first; one statement."""
    stuck = handoffs.filter(state=Handoff.State.NEEDS_ATTENTION).order_by()
    rows = (
        stuck.values_list("cause", "lane__connection__name")
        .annotate(count=Count("pk"), example=Min(Cast("pk", models.TextField())))
        .order_by("-count", "cause")
    )
    may_replay = user.has_perm("fulfilment.replay_handoff")
    return [_cause(*row, may_replay=may_replay) for row in rows[:CAUSES]]


def _cause(text: str, connection: str, count: int, example: str, *, may_replay: bool) -> Cause:
    counted = ngettext("%(count)d handoff", "%(count)d handoffs", count) % {"count": count}
    return Cause(
        text=text or gettext("Without a cause"),
        connection=connection,
        counted=counted,
        url=reverse("fulfilment:handoff-detail", args=[example]),
        replay_url=reverse("fulfilment:handoff-replay-like", args=[example]) if may_replay else "",
    )


class HandoffList(ListScreen[Handoff]):
    """What is on its way, and what needs a person."""

    heading = _("Handoff desk")
    template_name = "handoffs/list.html"
    columns = (
        Column(_("What")),
        Column(_("Document")),
        Column(_("To")),
        Column(_("State"), speaks_for_itself=True),
        Column(_("Their reference"), wide_only=True),
        Column(_("Cause"), wide_only=True),
        Column(_("Since"), "end"),
    )
    filter_class = HandoffFilter
    grouped_by = "state"
    empty = Empty(
        "arrows-exchange",
        _("Nothing is on its way"),
        _("Submitted orders and issued invoices are handed to the connected systems."),
    )

    def records(self) -> models.QuerySet[Handoff]:
        """Return the handoffs the reader may see."""
        return Handoff.objects.visible_to(self.person).select_related("event", "lane__connection")

    def around(self) -> dict[str, Any]:
        """Show what somebody should look at, and what needs a person, by its cause."""
        causes = causes_among(Handoff.objects.visible_to(self.person), self.person)
        alerts = alerts_for(collect_metrics())
        return {"alerts": alerts, "causes": causes}

    def cells(self, record: Handoff) -> Sequence[object]:
        """Return what happened, to which document, told to whom, how far."""
        return (
            record.event.get_type_display(),
            record.event.subject_number or "–",
            record.lane.connection,
            handoff_chip(record),
            record.reference,
            record.cause,
            format_ago(record.created_at),
        )

    def total(self, group: Group) -> str:
        """Write the count of a state instead of money."""
        return f"{Handoff.State(group.key).label} {group.count}"


def find(request: RepRequest, pk: uuid.UUID) -> Handoff:
    """Find a handoff the person may see."""
    visible = Handoff.objects.visible_to(request.user).select_related(*RELATED)
    return get_object_or_404(visible, pk=pk)


@require_safe
@rep_with("fulfilment.view_handoff")
def detail(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Show what was sent, every attempt, and what came back."""
    page = handoff_page(find(request, pk), request.user)
    return render_page(request, "handoffs/detail.html", page)
