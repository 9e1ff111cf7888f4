"""Admin pages of activities: notes, tasks, calls and e-mails on records."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from crm.admin.base import LookOnlyAdmin
from crm.models import Activity


@admin.register(Activity)
class ActivityAdmin(LookOnlyAdmin[Activity]):
    """Activities, to look at; they are written on the records' own pages."""

    list_display = ("created_at", "kind", "written", "author", "due_on", "done_at")
    list_filter = ("kind", "subject_type")
    list_select_related = ("author",)
    search_fields = ("text",)
    fields = ("kind", "subject_type", "subject_id", "written", "author", "due_on", "done_at")
    readonly_fields = ("written",)

    @admin.display(description=_("text"))
    def written(self, activity: Activity) -> str:
        """Return the text in the language of its reader."""
        return activity.display_text
