"""Asking for, and giving, a yes to a quote."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from web.forms.base import StyledForm


class AskApprovalForm(StyledForm):
    """Why the quote should go out although it breaks a rule."""

    comment = forms.CharField(
        label=_("Why it should go out as it is"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ApproveForm(StyledForm):
    """A yes, with a word if there is one."""

    comment = forms.CharField(
        label=_("Comment"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class RefuseForm(StyledForm):
    """A no; the reason is for whoever made the quote."""

    comment = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))
