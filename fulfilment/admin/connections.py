"""Admin pages of connections: settings, health, secrets, pause, disable and resume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.transactions import run_transaction
from crm.admin.base import ReadOnlyAdmin, RecordAdmin
from fulfilment import signing
from fulfilment.addresses import shown_url
from fulfilment.admin.connection_form import FIELDSETS, SUPPLY_FIELDSETS, ConnectionForm
from fulfilment.models import Connection, DisabledPeriod, Health, Mapping, Secret
from fulfilment.services.connections import (
    disable_connection,
    lock_connection,
    make_secrets,
    pause_connection,
    resume_connection,
    retry_after_repair,
    revoke_old_secrets,
    rotate_secret,
)
from fulfilment.services.disabled_periods import Missed, missed_in

Purpose = Secret.Purpose
NAMED = 20
"""So many documents are named, of which events were not queued."""


@dataclass(frozen=True, slots=True)
class ShownSecret:
    """A new secret with what it is for, shown once."""

    connection: Connection
    purpose: str
    secret: str
    use: str


class HealthInline(ReadOnlyAdmin, admin.StackedInline[Health, Connection]):
    """State of the circuit breaker, last success and last failure."""

    model = Health
    exclude = ("window", "last_failure")
    readonly_fields = ("written_last_failure",)

    @admin.display(description=_("last failure"))
    def written_last_failure(self, health: Health) -> str:
        """Return why it last failed, in the language of its reader."""
        return health.display_last_failure


class SecretInline(ReadOnlyAdmin, admin.TabularInline[Secret, Connection]):
    """Which secrets there are, and until when each is valid; never the secrets themselves."""

    model = Secret
    fields = readonly_fields = ("purpose", "active_from", "expires_at", "can_be_read")
    extra = 0

    @admin.display(description=_("can be read"), boolean=True)
    def can_be_read(self, secret: Secret) -> bool:
        """Return whether one of our keys decrypts it."""
        return bool(signing.readable([secret.ciphertext]))


class DisabledPeriodInline(ReadOnlyAdmin, admin.TabularInline[DisabledPeriod, Connection]):
    """When it was disabled, and what was not queued for it meanwhile."""

    model = DisabledPeriod
    fields = readonly_fields = ("began_at", "ended_at", "not_queued", "of_documents")
    extra = 0
    verbose_name_plural = _("Disabled: events of that time were not queued")

    @admin.display(description=_("events not queued"))
    def not_queued(self, period: DisabledPeriod) -> int:
        """Return how many events were not queued, until now if it is disabled still."""
        return missed_in(period).events

    @admin.display(description=_("documents"))
    def of_documents(self, period: DisabledPeriod) -> str:
        """Name the first documents that they are about."""
        return ", ".join(missed_in(period).documents[:NAMED]) or "–"


@admin.register(Connection)
class ConnectionAdmin(RecordAdmin[Connection]):
    """External systems; a new one gets its secrets at once, and each secret is shown once."""

    form = ConnectionForm
    list_display = (
        *("name", "code", "partner", "status", "address", "last_success", "last_failure"),
    )
    list_filter = ("status", "kind", ("partner", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("health", "partner")
    readonly_fields = (
        *("status", "partner", "verified_at", "removed_at"),
        *("mapped_codes", "sync_counts", "created_at", "updated_at"),
    )
    search_fields = ("name", "code")
    inlines = (HealthInline, SecretInline, DisabledPeriodInline)
    actions = (
        *("pause", "disable", "resume"),
        *("rotate_outbound", "rotate_inbound", "revoke_old"),
    )

    @admin.display(description=_("URL"), ordering="url")
    def address(self, connection: Connection) -> str:
        """Return its URL without what may be secret in it."""
        return shown_url(connection.url)

    @admin.display(description=_("last success"))
    def last_success(self, connection: Connection) -> object:
        """Return when it last answered with success."""
        return connection.health.last_success_at

    @admin.display(description=_("last failure"))
    def last_failure(self, connection: Connection) -> str:
        """Return why it last failed."""
        return connection.health.display_last_failure

    @admin.display(description=_("mapped codes"))
    def mapped_codes(self, connection: Connection) -> str:
        """Lead to the mappings of its codes."""
        url = reverse("admin:fulfilment_mapping_changelist")
        return format_html(
            '<a href="{}?connection__id__exact={}">{}</a>',
            url,
            connection.pk,
            Mapping.objects.filter(connection=connection.pk).count(),
        )

    def get_fieldsets(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        """Leave out what only another kind of connection is set up with."""
        shown = FIELDSETS
        if obj is None or obj.shares_orders:
            shown += SUPPLY_FIELDSETS
        return (*shown, (_("State"), {"fields": self.readonly_fields}))

    def get_readonly_fields(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        """Keep the code, by which orders and companies name it, and what a partner set up."""
        kept = ("code",) if obj else ()
        if obj is not None and obj.partner_id is not None:
            kept = tuple(name for _heading, part in FIELDSETS for name in part["fields"])
        return (*super().get_readonly_fields(request, obj), *kept)

    @admin.display(description=_("orders on both sides"))
    def sync_counts(self, connection: Connection) -> str:
        """Lead to how many orders agree, and to what was compared."""
        if connection._state.adding or not connection.shares_orders:
            return "–"
        url = reverse("fulfilment:connection-detail", args=[connection.pk])
        return format_html('<a href="{}">{}</a>', url, gettext("Compared with ours"))

    def has_delete_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        """Refuse: connections are paused or disabled, and their handoffs stay."""
        return False

    def save_model(self, request: HttpRequest, obj: Connection, form: Any, change: bool) -> None:
        """Save; what was changed may be a repair, so what waits is tried again at once."""
        if change:
            lock_connection(obj)
        super().save_model(request, obj, form, change)
        form.assign_duties()
        if change and form.changed_data:
            retry_after_repair(obj)

    def response_add(
        self, request: HttpRequest, obj: Connection, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Make the secrets of a new connection, and show them once."""
        secrets = make_secrets(obj)
        shown = [_shown(obj, purpose, secret) for purpose, secret in secrets.items()]
        return self._show(request, shown)

    @admin.action(description=_("Pause: queue events, send nothing"), permissions=["change"])
    def pause(self, request: HttpRequest, connections: QuerySet[Connection]) -> None:
        """Stop sending to the chosen connections."""
        self.do_each(request, connections, pause_connection, gettext("%(record)s is paused."))

    @admin.action(
        description=_("Disable: queue, send and accept nothing; what waits is kept"),
        permissions=["change"],
    )
    def disable(self, request: HttpRequest, connections: QuerySet[Connection]) -> None:
        """Switch the chosen connections off; what waits goes out once they are resumed."""
        done = gettext(
            "%(record)s is disabled. Waiting until it is resumed: %(result)s. What happens until "
            "then is not queued for it: pause it instead if it should get that later."
        )
        self.do_each(request, connections, disable_connection, done)

    @admin.action(description=_("Resume and forget past failures"), permissions=["change"])
    def resume(self, request: HttpRequest, connections: QuerySet[Connection]) -> None:
        """Send to the chosen connections again."""
        done = gettext("%(record)s is active again.%(result)s")
        self.do_each(request, connections, lambda each: _missed(resume_connection(each)), done)

    @admin.action(description=_("New secret to sign what we send"), permissions=["change"])
    def rotate_outbound(
        self, request: HttpRequest, connections: QuerySet[Connection]
    ) -> HttpResponse:
        """Rotate the secrets that sign; the old ones stay valid for a day."""
        return self._rotate(request, connections, Purpose.OUTBOUND)

    @admin.action(description=_("New secret to verify what we receive"), permissions=["change"])
    def rotate_inbound(
        self, request: HttpRequest, connections: QuerySet[Connection]
    ) -> HttpResponse:
        """Rotate the secrets that verify; the old ones stay valid for a day."""
        return self._rotate(request, connections, Purpose.INBOUND)

    @admin.action(
        description=_("Revoke old secrets at once: only the newest stay valid"),
        permissions=["change"],
    )
    def revoke_old(self, request: HttpRequest, connections: QuerySet[Connection]) -> None:
        """End the day in which old secrets are valid beside new ones."""
        done = gettext("Old secrets of %(record)s that are not valid any more: %(result)s.")
        self.do_each(request, connections, revoke_old_secrets, done)

    def _rotate(
        self, request: HttpRequest, connections: QuerySet[Connection], purpose: Secret.Purpose
    ) -> HttpResponse:
        chosen = connections.order_by("pk")
        shown = run_transaction(
            lambda: [_shown(each, purpose, rotate_secret(each, purpose)) for each in chosen]
        )
        return self._show(request, shown)

    def _show(self, request: HttpRequest, shown: Sequence[ShownSecret]) -> HttpResponse:
        """Show secrets in the answer itself: nothing keeps them, neither session nor cookie."""
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("New secrets"),
            "shown": shown,
            "next_url": reverse("admin:fulfilment_connection_changelist"),
        }
        return TemplateResponse(request, "connections/secrets.html", context)


def _missed(missed: Missed) -> str:
    """Say what was not queued while a connection was disabled; empty if nothing was."""
    if not missed.events:
        return ""
    text = gettext(
        "Not queued while it was disabled: %(count)d events of %(documents)s. "
        "Compare these documents there."
    )
    documents = ", ".join(missed.documents[:NAMED])
    return " " + text % {"count": missed.events, "documents": documents}


def _shown(connection: Connection, purpose: Secret.Purpose, secret: str) -> ShownSecret:
    intake = settings.SITE_URL + reverse("api:intake", args=[connection.code])
    uses = {
        Purpose.OUTBOUND: gettext("%(connection)s verifies the messages it gets with it."),
        Purpose.INBOUND: gettext("%(connection)s signs with it what it posts to %(intake)s."),
    }
    use = uses[purpose] % {"connection": connection, "intake": intake}
    return ShownSecret(connection, str(purpose.label), secret, use)
