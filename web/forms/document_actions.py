"""Forms of actions on documents: accept, lose, hold, cancel, record a payment."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from sales.models import Quote
from web.forms.base import StyledForm


class AcceptForm(StyledForm):
    """Form of a quote's acceptance: who accepted, and the customer's reference."""

    widths: ClassVar = {"name": 6, "email": 6}

    name = forms.CharField(label=_("Accepted by"), max_length=100)
    email = forms.EmailField(label=_("Their e-mail address"), required=False)
    customer_reference = forms.CharField(
        label=_("Customer's reference"),
        max_length=60,
        required=False,
        help_text=_("Their purchase order number, if they gave one."),
    )


class LoseQuoteForm(StyledForm):
    """Form of a lost quote, with the reason."""

    reason = forms.ChoiceField(label=_("Reason"), choices=Quote.LostReason.choices)
    comment = forms.CharField(
        label=_("Comment"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class HoldForm(StyledForm):
    """Form of an order's hold, with the reason."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class CancelForm(StyledForm):
    """Form of an order's cancellation, with the reason."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class CloseForm(StyledForm):
    """Why the rest of an order is closed."""

    reason = forms.CharField(label=_("Reason"), max_length=200)
