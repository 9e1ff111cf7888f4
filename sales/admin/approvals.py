"""Admin pages of approval rules."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.base import RecordAdmin
from sales.models import ApprovalRule


@admin.register(ApprovalRule)
class ApprovalRuleAdmin(RecordAdmin[ApprovalRule]):
    """Approval rules: limits beyond which a quote needs approval."""

    list_display = ("name", "measure", "threshold", "is_active")
    list_filter = ("measure", "is_active")
    search_fields = ("name",)
