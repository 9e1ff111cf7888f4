"""Admin pages of opportunities and of the stages of the pipeline."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from crm.admin.base import CustomFieldsAdmin, RecordAdmin
from crm.models import Opportunity, Stage


@admin.register(Stage)
class StageAdmin(RecordAdmin[Stage]):
    """Stages of the pipeline."""

    list_display = ("name", "position", "probability_rate", "forecast")
    search_fields = ("name",)


@admin.register(Opportunity)
class OpportunityAdmin(CustomFieldsAdmin[Opportunity]):
    """Opportunities; read-only once they are won or lost."""

    list_display = ("name", "account", "stage", "status", "expected_revenue", "currency", "owner")
    list_filter = ("status", "stage", "currency", "team")
    list_select_related = ("account", "stage", "owner")
    search_fields = ("name", "account__name")
    autocomplete_fields = ("account", "contact", "owner", "team")
    readonly_fields = (
        "status",
        "lead",
        "closed_at",
        "lost_reason",
        "competitor",
        "actual_revenue",
        "created_at",
        "updated_at",
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only open opportunities are edited."""
        return super().has_change_permission(request, obj) and (obj is None or obj.is_open)
