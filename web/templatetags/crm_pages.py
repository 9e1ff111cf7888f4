"""Pieces about customers that other pages place, too."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib.contenttypes.models import ContentType
from django.db import models

from crm.models import Activity
from web.display import TONE_CLASS
from web.forms.activities import ActivityForm
from web.record_urls import record_url

register = template.Library()

LOOKS = {
    Activity.Kind.NOTE: ("note", TONE_CLASS["info"]),
    Activity.Kind.TASK: ("checkbox", TONE_CLASS["warn"]),
    Activity.Kind.CALL: ("phone", TONE_CLASS["brand"]),
    Activity.Kind.EMAIL: ("mail", TONE_CLASS["brand"]),
    Activity.Kind.SYSTEM: ("settings", TONE_CLASS["neutral"]),
}
SHOWN = 30


@register.filter
def address(record: models.Model) -> str:
    """Return the address of a record's page."""
    return record_url(record)


@register.inclusion_tag("crm/timeline.html", takes_context=True)
def timeline(context: template.Context, record: models.Model) -> dict[str, Any]:
    """Show the last activities around a record, and the form to add one."""
    request = context["request"]
    kind = ContentType.objects.get_for_model(record)
    activities = Activity.objects.filter(subject_type=kind, subject_id=record.pk)
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "activities": [
            (activity, *LOOKS[Activity.Kind(activity.kind)])
            for activity in activities.select_related("author")[:SHOWN]
        ],
        "form": context.get("activity_form") or ActivityForm(auto_id="activity_%s"),
        "record": record,
        "kind": kind,
        "may_add": request.user.has_perm("crm.add_activity"),
    }
