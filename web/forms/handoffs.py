"""What is asked before a handoff is skipped or settled."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from web.forms.base import StyledForm


class SetAsideForm(StyledForm):
    """Why a handoff is left unsent."""

    reason = forms.CharField(
        label=_("Reason"), max_length=200, help_text=_("For whoever reads it later.")
    )


class SettleForm(SetAsideForm):
    """How the external system was informed, and its reference."""

    reference = forms.CharField(label=_("Their reference"), max_length=100, required=False)
