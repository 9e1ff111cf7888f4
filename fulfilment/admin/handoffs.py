"""Admin pages of handoffs: the body sent, every attempt, and replay."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.admin.base import LookOnlyAdmin, ReadOnlyAdmin, person
from fulfilment.models import Attempt, Connection, Handoff
from fulfilment.outbound.handoff_actions import replay_handoff


class AttemptInline(ReadOnlyAdmin, admin.TabularInline[Attempt, Handoff]):
    """Every attempt of a handoff, with its answer."""

    model = Attempt
    fields = (
        "started_at",
        "verb",
        "outcome",
        "status_code",
        "duration_ms",
        "written_detail",
        "response_head",
    )
    readonly_fields = ("written_detail",)
    extra = 0

    @admin.display(description=_("detail"))
    def written_detail(self, attempt: Attempt) -> str:
        """Return why it failed, in the language of its reader."""
        return attempt.display_detail


@admin.register(Handoff)
class HandoffAdmin(LookOnlyAdmin[Handoff]):
    """Handoffs with their state, the body sent and the answers received."""

    list_display = ("event", "connection", "state", "reference", "written_cause", "created_at")
    list_filter = ("state", "lane__connection")
    list_select_related = ("event", "lane__connection")
    search_fields = ("event__subject_number", "message_id", "reference")
    fields = (
        "event",
        "connection",
        "message_id",
        "state",
        "refusal_count",
        "reference",
        "written_cause",
        "written_resolution",
        "created_at",
        "delivered_at",
        "body",
    )
    readonly_fields = ("written_cause", "written_resolution")
    inlines = (AttemptInline,)
    actions = ("replay",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Handoff]:
        """Read only the handoffs of documents that the user may see."""
        return Handoff.objects.visible_to(person(request))

    @admin.display(description=_("connection"), ordering="lane__connection")
    def connection(self, handoff: Handoff) -> Connection:
        """Return the external system."""
        return handoff.lane.connection

    @admin.display(description=_("cause"), ordering="cause")
    def written_cause(self, handoff: Handoff) -> str:
        """Return why it is not delivered, in the language of its reader."""
        return handoff.display_cause

    @admin.display(description=_("resolution"))
    def written_resolution(self, handoff: Handoff) -> str:
        """Return what a person decided and why, in the language of its reader."""
        return handoff.display_resolution

    @admin.display(description=_("body"))
    def body(self, handoff: Handoff) -> str:
        """Return the body that every attempt sends."""
        return handoff.payload.body

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may replay handoffs, a permission of its own."""
        return request.user.has_perm("fulfilment.replay_handoff")

    @admin.action(description=_("Send again"), permissions=["replay"])
    def replay(self, request: HttpRequest, handoffs: QuerySet[Handoff]) -> None:
        """Send the chosen handoffs again."""
        actor = person(request)
        self.do_each(
            request,
            handoffs,
            lambda handoff: replay_handoff(handoff.pk, actor=actor),
            gettext("%(record)s is queued again."),
        )
