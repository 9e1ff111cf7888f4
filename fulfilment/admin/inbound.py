"""Admin pages of inbound messages and discrepancies."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from crm.admin.base import LookOnlyAdmin
from fulfilment.models import Discrepancy, InboundMessage


@admin.register(InboundMessage)
class InboundMessageAdmin(LookOnlyAdmin[InboundMessage]):
    """Received messages with their results."""

    list_display = ("received_at", "connection", "type", "subject", "result", "written_detail")
    list_filter = ("result", "connection", "type")
    list_select_related = ("connection",)
    search_fields = ("subject", "message_id")
    exclude = ("detail", "resolution")
    readonly_fields = ("written_detail", "written_resolution")

    @admin.display(description=_("detail"), ordering="detail")
    def written_detail(self, message: InboundMessage) -> str:
        """Return what became of it, in the language of its reader."""
        return message.display_detail

    @admin.display(description=_("resolution"))
    def written_resolution(self, message: InboundMessage) -> str:
        """Return why a person set it aside, in the language of its reader."""
        return message.display_resolution


@admin.register(Discrepancy)
class DiscrepancyAdmin(LookOnlyAdmin[Discrepancy]):
    """Discrepancies, open and decided."""

    list_display = (
        "opened_at",
        "connection",
        "kind",
        "record_number",
        "written_ours",
        "theirs",
        "difference",
        "resolved_at",
    )
    list_filter = ("kind", "connection", ("resolved_at", admin.EmptyFieldListFilter))
    list_select_related = ("connection",)
    search_fields = ("record_number",)
    exclude = ("ours", "rule", "resolution")
    readonly_fields = ("written_ours", "written_rule", "decision")

    @admin.display(description=_("ours"), ordering="ours")
    def written_ours(self, discrepancy: Discrepancy) -> str:
        """Return our value, in the language of its reader."""
        return discrepancy.display_ours

    @admin.display(description=_("rule"))
    def written_rule(self, discrepancy: Discrepancy) -> str:
        """Return why a person decides, in the language of its reader."""
        return discrepancy.display_rule

    @admin.display(description=_("decision"))
    def decision(self, discrepancy: Discrepancy) -> str:
        """Return how it was resolved, in the language of its reader."""
        return discrepancy.decision
