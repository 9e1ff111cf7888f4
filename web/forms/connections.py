"""Forms about connections."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from common.form_sentences import PlainErrors


class FirstLoadForm(PlainErrors, forms.Form):
    """What a first load of a connection does beside taking their orders in."""

    sends_ours = forms.BooleanField(
        label=_("Send them our open orders too"),
        required=False,
        help_text=_("Those that they were never sent. What is taken in is not sent back."),
    )
