"""Activities on records."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.base import LookOnlyAdmin
from crm.models import Activity


@admin.register(Activity)
class ActivityAdmin(LookOnlyAdmin[Activity]):
    """Notes, tasks, calls and e-mails; they are written on the records' own pages."""

    list_display = ("created_at", "kind", "text", "author", "due_on", "done_at")
    list_filter = ("kind", "subject_type")
    list_select_related = ("author",)
    search_fields = ("text",)
