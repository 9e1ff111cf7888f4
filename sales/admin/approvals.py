"""Rules by which quotes need approval."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.base import RecordAdmin
from sales.models import ApprovalRule


@admin.register(ApprovalRule)
class ApprovalRuleAdmin(RecordAdmin[ApprovalRule]):
    """Limits above, or below, which a quote is approved before it is sent."""

    list_display = ("name", "measure", "threshold", "is_active")
    list_filter = ("measure", "is_active")
    search_fields = ("name",)
