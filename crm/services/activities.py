"""Activities: writing a record's timeline."""

from __future__ import annotations

import datetime as dt

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext

from common.errors import MissingField
from common.sentences import Sentence
from common.stored_sentences import store
from crm.actors import Actor
from crm.models import Activity, User


def note(
    subject: models.Model,
    text: str | Sentence,
    *,
    actor: Actor,
    kind: Activity.Kind | str = Activity.Kind.SYSTEM,
    due_on: dt.date | None = None,
) -> Activity:
    """Add an entry to a record's timeline: what people typed, or a sentence of our own."""
    template, parameters = store(text.strip() if isinstance(text, str) else text)
    if not template:
        raise MissingField(gettext("Write the note first."), field="text")
    return Activity.objects.create(
        kind=kind,
        subject_type=ContentType.objects.get_for_model(subject),
        subject_id=subject.pk,
        text=template,
        parameters=parameters,
        author=actor if isinstance(actor, User) else None,
        due_on=due_on,
    )


def finish_task(activity: Activity) -> None:
    """Complete a task; completing it again changes nothing."""
    Activity.objects.filter(pk=activity.pk, done_at__isnull=True).update(done_at=timezone.now())
