"""Activity card of a record: its notes, calls and tasks, and the form to add one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext

from common.formatting import format_due
from crm.models import Activity, User
from web.display import TONE_CLASS, When
from web.forms.activities import ActivityForm
from web.icons import draw_icon

SHOWN = 30
STYLES = {
    Activity.Kind.NOTE: ("note", TONE_CLASS["info"]),
    Activity.Kind.TASK: ("checkbox", TONE_CLASS["warn"]),
    Activity.Kind.CALL: ("phone", TONE_CLASS["brand"]),
    Activity.Kind.EMAIL: ("mail", TONE_CLASS["brand"]),
    Activity.Kind.SYSTEM: ("settings", TONE_CLASS["neutral"]),
}


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One note, call or task."""

    icon: SafeString
    css: str
    text: str
    detail: str
    is_done: bool
    when: When
    done_url: str
    """Where an open task is ticked off; empty for everything else."""
    done_label: str


@dataclass(frozen=True, slots=True)
class ActivityCard:
    """The last activities around a record."""

    rows: Sequence[ActivityRow]
    history_url: str
    add_url: str
    """Where an activity is added; empty for who may not."""
    form: ActivityForm


def activity_card(record: models.Model, user: User) -> ActivityCard:
    """Read the last activities around a record; one statement."""
    kind = ContentType.objects.get_for_model(record)
    found = Activity.objects.filter(subject_type=kind, subject_id=record.pk)
    may_add = user.has_perm("crm.add_activity")
    about = (kind.app_label, kind.model, record.pk)
    return ActivityCard(
        rows=[_row(each, may_add) for each in found.select_related("author")[:SHOWN]],
        history_url=reverse("crm:record-history", args=about),
        add_url=reverse("crm:activity-new", args=about) if may_add else "",
        form=ActivityForm(auto_id="activity_%s"),
    )


def _row(activity: Activity, may_add: bool) -> ActivityRow:
    icon, css = STYLES[Activity.Kind(activity.kind)]
    detail = str(activity.author or "Throughline")
    due = activity.due_on if activity.done_at is None else None
    if due is not None:
        detail = gettext("%(author)s · due %(day)s") % {"author": detail, "day": format_due(due)}
    return ActivityRow(
        icon=draw_icon(icon, "", activity.get_kind_display()),
        css=css,
        text=activity.display_text,
        detail=detail,
        is_done=activity.done_at is not None,
        when=When.of(activity.created_at),
        done_url=reverse("crm:activity-done", args=[activity.pk]) if due and may_add else "",
        done_label=gettext("Done: %(text)s") % {"text": Truncator(activity.display_text).chars(40)},
    )
