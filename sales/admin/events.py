"""Admin pages of the event log."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.base import LookOnlyAdmin
from sales.models import SalesEvent


@admin.register(SalesEvent)
class SalesEventAdmin(LookOnlyAdmin[SalesEvent]):
    """Events, in the order in which they happened."""

    list_display = (
        "occurred_at",
        "type",
        "subject_type",
        "subject_number",
        "subject_version",
        "actor_name",
        "origin",
    )
    list_filter = ("type", "subject_type", "actor_kind", "origin")
    search_fields = ("subject_number", "actor_name")
    ordering = ("-id",)
