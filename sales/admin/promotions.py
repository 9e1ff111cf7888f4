"""Admin pages of promotion codes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from crm.admin.base import ReadOnlyAdmin, RecordAdmin
from sales.models import PromotionCode, PromotionUse


class PromotionUseInline(ReadOnlyAdmin, admin.TabularInline[PromotionUse, Any]):
    """The promotion codes of a document; they are applied and removed on its own page."""

    model = PromotionUse
    fields = readonly_fields = ("code", "amount", "is_counted", "given_by", "given_at")
    extra = 0

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the uses with their codes and who gave them."""
        return super().get_queryset(request).select_related("code", "given_by")


@admin.register(PromotionCode)
class PromotionCodeAdmin(RecordAdmin[PromotionCode]):
    """Promotion codes: discounts with a period and a number of uses."""

    list_display = (
        "code",
        "name",
        "kind",
        "valid_from",
        "valid_to",
        "uses",
        "uses_allowed",
        "is_active",
    )
    list_filter = ("is_active", "kind")
    search_fields = ("code", "name")
    autocomplete_fields = ("products", "accounts")
    readonly_fields = ("uses",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A code that documents were given is switched off, not deleted."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or not obj.given.exists())
