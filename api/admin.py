"""Admin pages of API clients: made for a partner, rotated and revoked."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from api.clients import revoke_old, rotate_secret
from api.models import Client
from crm.admin.base import RecordAdmin


class ClientAdmin(RecordAdmin[Client]):
    """Clients; a new one gets its secret at once, and each secret is shown once."""

    list_display = ("partner", "client_id", "last_used_at", "older_secret_until")
    search_fields = ("partner__name", "client_id")
    fields = ("partner", "client_id", "connections", "last_used_at", "older_secret_until")
    readonly_fields = ("client_id", "last_used_at", "older_secret_until")
    autocomplete_fields = ("connections",)
    actions = ("rotate", "revoke")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep a client with its partner."""
        names = super().get_readonly_fields(request, obj)
        return names if obj is None else ("partner", *names)

    def response_add(
        self, request: HttpRequest, obj: Client, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Make the secret of a new client, and show it once."""
        secret = rotate_secret(obj)
        revoke_old(obj)
        return self._show(request, obj, secret)

    @admin.action(description=_("New secret; the old one works for a day"), permissions=["change"])
    def rotate(self, request: HttpRequest, clients: QuerySet[Client]) -> HttpResponse | None:
        """Rotate the secret of one client."""
        if len(clients) != 1:
            self.message_user(request, gettext("Choose one client."), messages.ERROR)
            return None
        client = clients[0]
        secret = rotate_secret(client)
        client.refresh_from_db()
        return self._show(request, client, secret)

    @admin.action(
        description=_("Revoke the old secret and all tokens at once"), permissions=["change"]
    )
    def revoke(self, request: HttpRequest, clients: QuerySet[Client]) -> None:
        """End what was given out before the newest secret."""
        done = gettext("Tokens of %(record)s that are not valid any more: %(result)s.")
        self.do_each(request, clients, revoke_old, done)

    def _show(self, request: HttpRequest, client: Client, secret: str) -> HttpResponse:
        """Show a secret in the answer itself: nothing keeps it, neither session nor cookie."""
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("New secret"),
            "client": client,
            "secret": secret,
            "older_until": client.older_secret_until,
            "next_url": reverse("admin:api_client_changelist"),
        }
        return TemplateResponse(request, "clients/secret.html", context)
