"""Form of an activity: a note, task, call or e-mail."""

from __future__ import annotations

from typing import ClassVar

from django import forms

from crm.forms import DayInput
from crm.models import Activity
from web.forms.base import RecordForm

WRITTEN_BY_PEOPLE = [
    choice for choice in Activity.Kind.choices if choice[0] != Activity.Kind.SYSTEM
]


class ActivityForm(RecordForm):
    """Form of an activity; a task has a due date. That there is a text is a rule of the service."""

    kind = forms.ChoiceField(choices=WRITTEN_BY_PEOPLE, initial=Activity.Kind.NOTE)
    text = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))

    class Meta:
        model = Activity
        fields = ("kind", "text", "due_on")
        widgets: ClassVar = {"due_on": DayInput()}
