"""Forms of handoffs and messages: skip, settle, set aside."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from web.forms.base import StyledForm


class SetAsideForm(StyledForm):
    """Form of skipping a handoff or setting a message aside, with the reason."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("The reason is kept here, with your name."),
    )


class SettleForm(SetAsideForm):
    """Form of settling a handoff: how the external system was informed, and its reference."""

    reference = forms.CharField(label=_("Their reference"), max_length=100, required=False)
