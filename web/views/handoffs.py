"""The handoff desk: what is on its way to other systems, and what they answered."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import django_filters as filters
from django.db import models
from django.db.models import Count, Min, Q
from django.db.models.functions import Cast
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from common.formatting import format_ago, format_moment
from crm.models import User
from fulfilment.models import Connection, Handoff
from fulfilment.monitoring.alerts import alerts_for
from fulfilment.monitoring.metrics import collect_metrics
from fulfilment.outbound.handoff_actions import REPLAYABLE, STUCK, stuck_like
from fulfilment.outbound.payload_diff import changed_since
from sales.models import kind_named
from web.chips.handoffs import handoff_chip
from web.display import Action, Actions, Column, Fact, Link
from web.http import RepRequest, rep_with
from web.record_urls import record_url
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
    count: int
    example: str

    @classmethod
    def among(cls, handoffs: models.QuerySet[Handoff]) -> list[Cause]:
        """Group what needs a person, the commonest cause first."""
        stuck = handoffs.filter(state=Handoff.State.NEEDS_ATTENTION).order_by()
        rows = (
            stuck.values_list("cause", "lane__connection__name")
            .annotate(count=Count("pk"), example=Min(Cast("pk", models.TextField())))
            .order_by("-count", "cause")
        )
        return [cls(*row) for row in rows[:CAUSES]]


class HandoffList(ListScreen[Handoff]):
    """What is on its way, and what needs a person."""

    heading = _("Handoff desk")
    template_name = "fulfilment/handoff_list.html"
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
    has_sums = True
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
        causes = Cause.among(Handoff.objects.visible_to(self.person))
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

    def sums(self, records: models.QuerySet[Handoff]) -> list[str]:
        """Return the count of each state instead of money."""
        counts = records.order_by("state").values_list("state").annotate(count=Count("pk"))
        words = dict(Handoff.State.choices)
        return [f"{words[state]} {count}" for state, count in counts]


def find(request: RepRequest, pk: uuid.UUID) -> Handoff:
    """Find a handoff the person may see."""
    related = ("event", "lane__connection", "payload")
    return get_object_or_404(
        Handoff.objects.visible_to(request.user).select_related(*related), pk=pk
    )


@require_safe
@rep_with("fulfilment.view_handoff")
def detail(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Show what was sent, every attempt, and what came back."""
    return show(request, find(request, pk))


def show(request: RepRequest, handoff: Handoff, *, problem: str = "") -> HttpResponse:
    """Show a handoff's page, with the reason when a deed was refused."""
    context = {
        "record": handoff,
        "chips": [handoff_chip(handoff)],
        "facts": facts(handoff),
        "attempts": handoff.attempts.order_by("-id")[:50],
        "body": json.dumps(json.loads(handoff.payload.body), indent=2, ensure_ascii=False),
        "problem": problem or handoff.cause,
        "changed": changed_since(handoff),
        "verbs": Actions(verbs(request.user, handoff)),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return render(request, "fulfilment/handoff_detail.html", context, status=status)


def verbs(user: User, handoff: Handoff) -> list[Action]:
    """Offer to send it again, alone or with all of the same cause, or to set it aside."""
    if not user.has_perm("fulfilment.replay_handoff"):
        return []

    def address(name: str) -> str:
        return reverse(f"fulfilment:handoff-{name}", args=[handoff.pk])

    stuck = handoff.state in STUCK
    under_way = "" if handoff.state in REPLAYABLE else gettext("It is under way already.")
    not_stuck = "" if stuck else gettext("Only what is stuck is set aside.")
    again = Action(
        gettext("Send again"), address("replay"), "refresh", reason=under_way, aside=not stuck
    )
    skip = Action(
        gettext("Skip"),
        address("skip"),
        "player-skip-forward",
        asks=True,
        dialog=True,
        reason=not_stuck,
        tone="danger",
    )
    settle = Action(
        gettext("Handled outside"),
        address("settle"),
        "check",
        asks=True,
        dialog=True,
        reason=not_stuck,
        aside=True,
    )
    return [again, *_all_again(handoff, address("replay-like")), settle, skip]


def _all_again(handoff: Handoff, address: str) -> list[Action]:
    """Offer to send all again that the same cause holds up."""
    if handoff.state != Handoff.State.NEEDS_ATTENTION:
        return []
    count = stuck_like(handoff.lane.connection, handoff.cause).count()
    if count < 2:
        return []
    label = gettext("Send all %(count)d with this cause again") % {"count": count}
    return [Action(label, address, "refresh", aside=True)]


def facts(handoff: Handoff) -> list[Fact]:
    """List what one wants to know at a glance."""
    event = handoff.event
    document = kind_named(event.subject_type).model.objects.filter(pk=event.subject_id).first()
    shown = [
        Fact(gettext("Document"), Link(str(document), record_url(document)) if document else "–"),
        Fact(gettext("Connection"), handoff.lane.connection),
        Fact(gettext("Their reference"), handoff.reference or "–"),
        Fact(gettext("Turn in its lane"), handoff.position),
        Fact(gettext("Message id"), handoff.message_id),
        Fact(gettext("Created"), format_moment(handoff.created_at)),
        Fact(gettext("Delivered"), format_moment(handoff.delivered_at)),
    ]
    if handoff.resolution:
        shown.append(Fact(gettext("Decided"), handoff.resolution))
    return shown
