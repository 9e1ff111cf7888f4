"""Admin pages of connections: settings, health, pause and resume."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.admin.base import ReadOnlyAdmin, RecordAdmin
from fulfilment.models import Connection, Health
from fulfilment.services.connections import pause_connection, resume_connection


class HealthInline(ReadOnlyAdmin, admin.StackedInline[Health, Connection]):
    """State of the circuit breaker, last success and last failure."""

    model = Health
    exclude = ("window",)


@admin.register(Connection)
class ConnectionAdmin(RecordAdmin[Connection]):
    """External systems; secrets are set with the command ``handoffs rotate`` and shown once."""

    list_display = ("name", "code", "status", "url", "last_success", "last_failure")
    list_filter = ("status", "kind")
    list_select_related = ("health",)
    readonly_fields = ("status", "created_at", "updated_at")
    search_fields = ("name", "code")
    inlines = (HealthInline,)
    actions = ("pause", "resume")

    @admin.display(description=_("last success"))
    def last_success(self, connection: Connection) -> object:
        """Return when it last answered with success."""
        return connection.health.last_success_at

    @admin.display(description=_("last failure"))
    def last_failure(self, connection: Connection) -> str:
        """Return why it last failed."""
        return connection.health.last_failure

    def has_delete_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        """Refuse: connections are paused or disabled, and their handoffs stay."""
        return False

    @admin.action(description=_("Pause: queue events, send nothing"), permissions=["change"])
    def pause(self, request: HttpRequest, connections: QuerySet[Connection]) -> None:
        """Stop sending to the chosen connections."""
        self.do_each(request, connections, pause_connection, gettext("%(record)s is paused."))

    @admin.action(description=_("Resume and forget past failures"), permissions=["change"])
    def resume(self, request: HttpRequest, connections: QuerySet[Connection]) -> None:
        """Send to the chosen connections again."""
        self.do_each(
            request, connections, resume_connection, gettext("%(record)s is active again.")
        )
