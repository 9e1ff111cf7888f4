"""Form of invoicing an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.formatting import format_money, format_quantity, plain_number
from sales.models import Invoice, OrderLine
from sales.pricing.ledger import Ledger
from web.display import Fact
from web.forms.base import PositiveAmountField, RateField
from web.forms.quantities import QuantitiesForm

What = Invoice.What


class InvoiceOrderForm(QuantitiesForm):
    """Form of an order's invoice: goods, chosen lines, a percentage or a down payment."""

    widths: ClassVar = {"rate": 4, "amount": 4, "description": 12}
    columns: ClassVar = (
        _("Ordered"),
        _("Shipped"),
        _("Invoiced"),
        _("In drafts"),
        _("Open"),
    )
    asked: ClassVar = _("To invoice")

    what = forms.ChoiceField(
        label=_("Invoice"),
        widget=forms.RadioSelect,
        choices=[
            (What.SHIPPED.value, _("What was shipped and is not billed yet")),
            (What.ALL.value, _("Everything that is still open")),
            (What.LINES.value, _("The quantities below")),
            (What.PERCENTAGE.value, _("A percentage of every line")),
            (What.DOWN_PAYMENT.value, _("A down payment, taken off the invoices that follow")),
            (What.MILESTONE.value, _("A milestone, taken off the invoices that follow")),
        ],
    )
    rate = RateField(label=_("Percentage"), required=False)
    amount = PositiveAmountField(label=_("or an amount, tax included"), required=False)
    description = forms.CharField(
        label=_("What it is for"),
        max_length=200,
        required=False,
        help_text=_("Printed on the invoice; empty: the kind of invoice and the order's number."),
    )

    def __init__(
        self,
        *args: Any,
        lines: Sequence[OrderLine],
        shipped: Mapping[UUID, Decimal],
        ledger: Ledger,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.ledger = ledger
        any_shipped = any(shipped.values())
        self.fields["what"].initial = What.SHIPPED if any_shipped else What.ALL
        counting = [
            line
            for line in lines
            if line.counts and line.is_sold and not line.is_billed_with_bundle
        ]
        open_now = {line.pk: shipped.get(line.pk) or line.open_to_bill for line in counting}
        self.ask_for(counting, {pk: plain_number(quantity) for pk, quantity in open_now.items()})

    def cells(self, line: OrderLine) -> list[str]:
        """Return what was ordered, shipped, invoiced, is on drafts and is still open."""
        wanted = line.wanted_quantity
        invoiced = line.billed - line.drafted_quantity
        quantities = (
            wanted,
            line.shipped_quantity,
            invoiced,
            line.drafted_quantity,
            line.open_to_bill,
        )
        return [format_quantity(quantity) for quantity in quantities]

    def ahead(self) -> list[Fact]:
        """Say what the order comes to, what was asked for ahead, and what still can be."""
        ledger = self.ledger
        amounts = (
            (gettext("Order total"), ledger.total),
            (gettext("Asked for ahead so far"), ledger.asked_ahead),
            (gettext("Left to ask for"), ledger.left_to_ask),
        )
        return [Fact(label, format_money(each, ledger.currency)) for label, each in amounts]

    def clean(self) -> dict[str, Any]:
        """Ask for a percentage, or an amount, where the kind of invoice needs one."""
        cleaned: dict[str, Any] = super().clean() or {}
        what, rate, amount = (cleaned.get(name) for name in ("what", "rate", "amount"))
        if what == What.PERCENTAGE and not rate and "rate" not in self.errors:
            self.add_error("rate", _("Enter a percentage above 0 and up to 100."))
        if what in Invoice.AHEAD and bool(rate) == bool(amount) and not self.errors:
            self.add_error("amount", _("Enter either a percentage or an amount."))
        return cleaned
