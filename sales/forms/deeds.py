"""What is asked before a document goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from common.formatting import format_quantity, plain_number
from common.forms import DayInput, HouseForm
from sales.models import Invoice, OrderLine, Quote


class AcceptForm(HouseForm):
    """Who said yes, and by which reference they will know the order."""

    widths: ClassVar = {"name": 6, "email": 6}

    name = forms.CharField(label=_("Accepted by"), max_length=100)
    email = forms.EmailField(label=_("Their e-mail address"), required=False)
    customer_reference = forms.CharField(
        label=_("Customer's reference"),
        max_length=60,
        required=False,
        help_text=_("Their purchase order number, if they gave one."),
    )


class LoseQuoteForm(HouseForm):
    """Why a quote came to nothing."""

    because = forms.ChoiceField(label=_("Reason"), choices=Quote.LostBecause.choices)
    comment = forms.CharField(
        label=_("Comment"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class HoldForm(HouseForm):
    """Why an order stops."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class CancelForm(HouseForm):
    """Why an order is cancelled."""

    because = forms.CharField(label=_("Reason"), max_length=200)


class InvoiceOrderForm(HouseForm):
    """What of an order is invoiced now: all that is shipped, all that is open, or chosen lines."""

    what = forms.ChoiceField(
        label=_("Invoice"),
        widget=forms.RadioSelect,
        choices=[
            (Invoice.What.SHIPPED.value, _("What was shipped and is not billed yet")),
            (Invoice.What.ALL.value, _("Everything that is still open")),
            (Invoice.What.LINES.value, _("The quantities below")),
        ],
    )

    def __init__(
        self, *args: Any, lines: Sequence[OrderLine], shipped: Mapping[UUID, Decimal], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        any_shipped = any(shipped.values())
        self.fields["what"].initial = Invoice.What.SHIPPED if any_shipped else Invoice.What.ALL
        self.lines = [line for line in lines if line.counts]
        for line in self.lines:
            field = forms.DecimalField(
                label=line.description, min_value=0, decimal_places=5, required=False, localize=True
            )
            field.initial = plain_number(shipped.get(line.pk) or line.open_to_bill)
            self.fields[str(line.pk)] = field

    def rows(self) -> list[dict[str, Any]]:
        """Return each order line beside its input."""
        return [
            {
                "line": line,
                "field": self[str(line.pk)],
                "ordered": format_quantity(line.quantity),
                "shipped": format_quantity(line.shipped_quantity),
                "billed": format_quantity(line.billed),
                "open": format_quantity(line.open_to_bill),
            }
            for line in self.lines
        ]

    def quantities(self) -> dict[UUID, Decimal]:
        """Return the typed quantities by line."""
        return {line.pk: self.cleaned_data.get(str(line.pk)) or Decimal(0) for line in self.lines}


class PaymentForm(HouseForm):
    """Money that came in."""

    widths: ClassVar = {"amount": 6, "received_on": 6, "reference": 6, "method": 6}

    amount = forms.DecimalField(
        label=_("Amount"), max_digits=20, decimal_places=5, min_value=0, localize=True
    )
    received_on = forms.DateField(label=_("Received on"), widget=DayInput())
    reference = forms.CharField(
        label=_("Reference"),
        max_length=60,
        help_text=_("From the bank statement; the same reference counts once."),
    )
    method = forms.CharField(label=_("Method"), max_length=30, required=False)
