"""Views of activities: add one to a record, and complete a task."""

from __future__ import annotations

import uuid

from django.apps import apps
from django.db import models
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404

from common.errors import DomainError
from crm.models import Activity, OwnedQuerySet
from crm.services.activities import finish_task, note
from web.actions import action
from web.forms.activities import ActivityForm
from web.forms.base import add_refusal
from web.htmx import go_to, refuse
from web.http import RepRequest
from web.record_urls import record_url


def visible_subject(request: RepRequest, app: str, model: str, pk: uuid.UUID) -> models.Model:
    """Find the visible record that an activity is about."""
    try:
        records = apps.get_model(app, model)._default_manager.get_queryset()
    except LookupError as error:
        raise Http404 from error
    if not isinstance(records, OwnedQuerySet):
        raise Http404
    record: models.Model = get_object_or_404(records.visible_to(request.user), pk=pk)
    return record


@action(visible_subject, "crm.add_activity")
def add(request: RepRequest, app: str, model: str, pk: uuid.UUID) -> HttpResponse:
    """Add a note, task, call or e-mail to a record."""
    record = visible_subject(request, app, model, pk)
    form = ActivityForm(request.POST)
    if form.is_valid():
        try:
            note(record, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            add_refusal(form, error)
    card = f"{record_url(record)}#activity"
    if form.errors:
        reasons = (str(reason) for reasons in form.errors.values() for reason in reasons)
        return refuse(request, " ".join(reasons), card)
    return go_to(request, card)


def _subject_of(request: RepRequest, pk: uuid.UUID) -> models.Model:
    activity = get_object_or_404(Activity.objects.select_related("subject_type"), pk=pk)
    kind = activity.subject_type
    return visible_subject(request, kind.app_label, kind.model, activity.subject_id)


@action(_subject_of, "crm.change_activity")
def done(request: RepRequest, pk: uuid.UUID) -> HttpResponse:
    """Complete a task; completing it again changes nothing."""
    record = _subject_of(request, pk)
    finish_task(Activity.objects.get(pk=pk))
    return go_to(request, f"{record_url(record)}#activity")
