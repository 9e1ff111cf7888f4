"""Forms that ask for approval of a quote, approve and refuse."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from web.forms.base import StyledForm


class AskApprovalForm(StyledForm):
    """Why the quote should go out although it breaks a rule."""

    comment = forms.CharField(
        label=_("Reason for approving it as it is"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ApproveForm(StyledForm):
    """An approval, perhaps with a comment."""

    comment = forms.CharField(
        label=_("Comment"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class RefuseForm(StyledForm):
    """A refusal with the reason, which whoever made the quote reads."""

    comment = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))
