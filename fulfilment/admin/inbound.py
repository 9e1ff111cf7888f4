"""Admin pages of inbound messages and discrepancies."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from crm.admin.base import LookOnlyAdmin
from fulfilment.models import Discrepancy, InboundMessage


@admin.register(InboundMessage)
class InboundMessageAdmin(LookOnlyAdmin[InboundMessage]):
    """Received messages with their results."""

    list_display = ("received_at", "connection", "type", "subject", "result", "detail")
    list_filter = ("result", "connection", "type")
    list_select_related = ("connection",)
    search_fields = ("subject", "message_id")


@admin.register(Discrepancy)
class DiscrepancyAdmin(LookOnlyAdmin[Discrepancy]):
    """Discrepancies, open and decided."""

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
    list_filter = ("kind", "connection", ("resolved_at", admin.EmptyFieldListFilter))
    list_select_related = ("connection",)
    search_fields = ("record_number",)
    exclude = ("resolution",)
    readonly_fields = ("decision",)

    @admin.display(description=_("decision"))
    def decision(self, discrepancy: Discrepancy) -> str:
        """Return how it was resolved, in the language of its reader."""
        return discrepancy.decision
