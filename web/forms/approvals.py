"""Forms of approvals: request, approve, refuse."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from web.forms.base import StyledForm


class AskApprovalForm(StyledForm):
    """Form of a request for approval, with a comment."""

    comment = forms.CharField(
        label=_("Reason for approving it as it is"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ApproveForm(StyledForm):
    """Form of an approval, with an optional comment."""

    comment = forms.CharField(
        label=_("Comment"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class RefuseForm(StyledForm):
    """Form of a refusal, with the reason for the quote's owner."""

    comment = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))
