"""The machinery behind the handoff desk, for administrators: look, pause, replay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from common.errors import DomainError
from crm.models import User
from fulfilment.models import (
    Attempt,
    Connection,
    Discrepancy,
    Handoff,
    Health,
    InboundMessage,
    Shipment,
    ShipmentLine,
)
from fulfilment.outbound.handoff_actions import replay_handoff
from fulfilment.services.connections import pause_connection, resume_connection


class ReadOnly(admin.options.BaseModelAdmin[Any]):
    """Evidence is looked at, never typed."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody adds evidence by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes evidence."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes evidence."""
        return False


class HealthInline(ReadOnly, admin.StackedInline[Health, Connection]):
    """How the connection has been answering."""

    model = Health
    exclude = ("window",)


@admin.register(Connection)
class ConnectionAdmin(admin.ModelAdmin[Connection]):
    """External systems; their secrets are set by command and shown once."""

    list_display = (
        "name",
        "code",
        "status",
        "url",
        "last_success",
        "last_failure",
    )
    list_filter = (
        "status",
        "kind",
    )
    list_select_related = ("health",)
    readonly_fields = (
        "status",
        "created_at",
        "updated_at",
    )
    search_fields = (
        "name",
        "code",
    )
    inlines = (HealthInline,)
    actions = (
        "pause",
        "resume",
    )

    @admin.display(description="last answer")
    def last_success(self, connection: Connection) -> object:
        """Show when it last answered well."""
        return connection.health.last_success_at

    @admin.display(description="last failure")
    def last_failure(self, connection: Connection) -> str:
        """Show why it last failed."""
        return connection.health.last_failure

    def has_delete_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        """Connections are paused or disabled; their evidence stays."""
        return False

    @admin.action(description="Pause: queue, send nothing", permissions=["change"])
    def pause(self, request: HttpRequest, connections: QuerySet[Connection]) -> None:
        """Stop sending."""
        _each(self, request, connections, pause_connection, "is paused")

    @admin.action(description="Resume, and forget past failures", permissions=["change"])
    def resume(self, request: HttpRequest, connections: QuerySet[Connection]) -> None:
        """Go on sending."""
        _each(self, request, connections, resume_connection, "goes on")


class AttemptInline(ReadOnly, admin.TabularInline[Attempt, Handoff]):
    """Every transmission of a handoff."""

    model = Attempt
    fields = (
        "started_at",
        "verb",
        "outcome",
        "status_code",
        "duration_ms",
        "detail",
        "response_head",
    )
    extra = 0


@admin.register(Handoff)
class HandoffAdmin(ReadOnly, admin.ModelAdmin[Handoff]):
    """Events on their way, with what was sent and what came back."""

    list_display = (
        "event",
        "connection",
        "state",
        "reference",
        "cause",
        "created_at",
    )
    list_filter = (
        "state",
        "lane__connection",
    )
    list_select_related = (
        "event",
        "lane__connection",
    )
    search_fields = (
        "event__subject_number",
        "message_id",
        "reference",
    )
    show_full_result_count = False
    fields = (
        "event",
        "connection",
        "message_id",
        "state",
        "refusal_count",
        "reference",
        "cause",
        "resolution",
        "created_at",
        "delivered_at",
        "body",
    )
    inlines = (AttemptInline,)
    actions = ("replay",)

    @admin.display(ordering="lane__connection")
    def connection(self, handoff: Handoff) -> Connection:
        """Name the other system."""
        return handoff.lane.connection

    @admin.display
    def body(self, handoff: Handoff) -> str:
        """Show the bytes that every attempt sends."""
        return handoff.payload.body

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Replaying is a right of its own."""
        return request.user.has_perm("fulfilment.replay_handoff")

    @admin.action(description="Send again", permissions=["replay"])
    def replay(self, request: HttpRequest, handoffs: QuerySet[Handoff]) -> None:
        """Send the chosen handoffs again."""
        user = request.user
        assert isinstance(user, User)  # noqa: S101 - the admin lets nobody else in
        _each(
            self,
            request,
            handoffs,
            lambda handoff: replay_handoff(handoff.pk, actor=user),
            "is sent",
        )


@admin.register(InboundMessage)
class InboundMessageAdmin(ReadOnly, admin.ModelAdmin[InboundMessage]):
    """What came in and what became of it."""

    list_display = (
        "received_at",
        "connection",
        "type",
        "subject",
        "result",
        "detail",
    )
    list_filter = (
        "result",
        "connection",
        "type",
    )
    list_select_related = ("connection",)
    search_fields = (
        "subject",
        "message_id",
    )
    show_full_result_count = False


@admin.register(Discrepancy)
class DiscrepancyAdmin(ReadOnly, admin.ModelAdmin[Discrepancy]):
    """Differences between the two sides, open and decided."""

    list_display = (
        "opened_at",
        "connection",
        "kind",
        "record_number",
        "ours",
        "theirs",
        "difference",
        "resolved_at",
    )
    list_filter = (
        "kind",
        "connection",
        ("resolved_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("connection",)
    search_fields = ("record_number",)


class ShipmentLineInline(ReadOnly, admin.TabularInline[ShipmentLine, Shipment]):
    """What is in a shipment."""

    model = ShipmentLine
    extra = 0


@admin.register(Shipment)
class ShipmentAdmin(ReadOnly, admin.ModelAdmin[Shipment]):
    """Shipments and returns; they are recorded on the order's page."""

    list_display = (
        "reference",
        "order",
        "direction",
        "status",
        "carrier",
        "tracking",
    )
    list_filter = (
        "status",
        "direction",
    )
    list_select_related = ("order",)
    search_fields = (
        "reference",
        "order__number",
        "tracking",
    )
    show_full_result_count = False
    inlines = (ShipmentLineInline,)


def _each(
    page: admin.ModelAdmin[Any],
    request: HttpRequest,
    records: QuerySet[Any],
    deed: Callable[[Any], object],
    done: str,
) -> None:
    """Do a deed to each record; a refusal is told in its own words."""
    for record in records:
        try:
            deed(record)
        except DomainError as error:
            page.message_user(request, str(error), messages.ERROR)
        else:
            page.message_user(request, f"{record} {done}.", messages.SUCCESS)
