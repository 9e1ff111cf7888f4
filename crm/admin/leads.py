"""Admin pages of leads."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.admin.base import CustomFieldsAdmin, person
from crm.models import Lead
from crm.services.leads import contact_lead, reopen_lead


@admin.register(Lead)
class LeadAdmin(CustomFieldsAdmin[Lead]):
    """Leads; read-only once they are qualified or disqualified."""

    list_display = ("topic", "company_name", "last_name", "status", "source", "owner")
    list_filter = ("status", "source", "team")
    list_select_related = ("owner",)
    search_fields = ("topic", "company_name", "last_name", "email")
    autocomplete_fields = ("owner", "team")
    readonly_fields = (
        "status",
        "disqualified_reason",
        "qualified_account",
        "qualified_contact",
        "qualified_at",
        "created_at",
        "updated_at",
    )
    actions = ("mark_contacted", "reopen")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only open leads are edited."""
        return super().has_change_permission(request, obj) and (obj is None or obj.is_open)

    @admin.action(description=_("Mark as contacted"), permissions=["change"])
    def mark_contacted(self, request: HttpRequest, leads: QuerySet[Lead]) -> None:
        """Mark each as contacted."""
        actor = person(request)
        self.do_each(
            request,
            leads,
            lambda lead: contact_lead(lead.pk, actor=actor),
            gettext("%(record)s was contacted."),
        )

    @admin.action(description=_("Reopen"), permissions=["change"])
    def reopen(self, request: HttpRequest, leads: QuerySet[Lead]) -> None:
        """Reopen each."""
        actor = person(request)
        self.do_each(
            request,
            leads,
            lambda lead: reopen_lead(lead.pk, actor=actor),
            gettext("%(record)s: reopened."),
        )
