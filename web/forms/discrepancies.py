"""Form of a discrepancy: what was decided about it."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from web.forms.base import StyledForm


class DecisionForm(StyledForm):
    """Form of deciding a discrepancy."""

    reason = forms.CharField(
        label=_("Decision and reason"),
        max_length=200,
        help_text=_("The reason is kept with the discrepancy, with your name."),
    )
