"""What is asked about money: what came in, what goes back, what is given up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.formatting import format_money, plain_price
from crm.forms import DayInput
from sales.models import CreditBalance
from web.forms.base import PositiveAmountField, StyledForm


class MoneyForm(StyledForm):
    """An amount, and the reference by which it is known again."""

    amount = PositiveAmountField(label=_("Amount"))
    reference = forms.CharField(
        label=_("Reference"),
        max_length=60,
        help_text=_("From the bank statement; the same reference counts once."),
    )


class PaymentForm(MoneyForm):
    """Money that came in."""

    widths: ClassVar = {"amount": 6, "received_on": 6, "reference": 6, "method": 6}
    field_order = ("amount", "received_on", "reference")

    received_on = forms.DateField(label=_("Received on"), widget=DayInput())
    method = forms.CharField(label=_("Method"), max_length=30, required=False)

    def __init__(self, *args: Any, hint: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].help_text = hint or gettext(
            "What is paid too much becomes customer credit."
        )


class RefundForm(MoneyForm):
    """Money that goes back to the customer, and why."""

    widths: ClassVar = {"amount": 6, "refunded_on": 6}
    field_order: tuple[str, ...] = ("amount", "refunded_on", "reference")

    refunded_on = forms.DateField(label=_("Refunded on"), widget=DayInput())
    reason = forms.CharField(label=_("Reason"), max_length=200)


class CreditRefundForm(RefundForm):
    """Customer credit that goes back, and which one where there are several."""

    field_order = ("balance", "amount", "refunded_on", "reference")

    balance = forms.ChoiceField(label=_("Customer credit"))

    def __init__(
        self, *args: Any, balances: Sequence[CreditBalance], today: dt.date, **kwargs: Any
    ) -> None:
        self.balances = {each.key: each for each in balances}
        amount = plain_price(balances[0].amount, balances[0].currency)
        start = {"balance": balances[0].key, "amount": amount, "refunded_on": today}
        super().__init__(*args, initial=start, **kwargs)
        choices = [(key, written(each)) for key, each in self.balances.items()]
        self.fields["balance"].choices = choices  # type: ignore[attr-defined]  # a choice field

    def clean_balance(self) -> CreditBalance:
        """Return the balance that was chosen by its key."""
        return self.balances[self.cleaned_data["balance"]]


def written(balance: CreditBalance) -> str:
    """Write how much a customer has with which company."""
    return f"{balance.company} · {format_money(balance.amount, balance.currency)}"


class WriteOffForm(StyledForm):
    """Why money will not come."""

    reason = forms.CharField(label=_("Reason"), max_length=200)
