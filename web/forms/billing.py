"""Forms of invoicing an order and of crediting an invoice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from common.form_fields import NumberField
from common.formatting import format_quantity, plain_number
from sales.models import Invoice, InvoiceLine, OrderLine
from web.forms.base import RateField
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
    amount = NumberField(
        label=_("or an amount, tax included"),
        max_digits=20,
        decimal_places=5,
        min_value=0,
        required=False,
        localize=True,
    )
    description = forms.CharField(
        label=_("What it is for"),
        max_length=200,
        required=False,
        help_text=_("Printed on the invoice; empty: the kind of invoice and the order's number."),
    )

    def __init__(
        self, *args: Any, lines: Sequence[OrderLine], shipped: Mapping[UUID, Decimal], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        any_shipped = any(shipped.values())
        self.fields["what"].initial = What.SHIPPED if any_shipped else What.ALL
        counting = [line for line in lines if line.counts and line.is_sold]
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

    def clean(self) -> dict[str, Any]:
        """Ask for a percentage, or an amount, where the kind of invoice needs one."""
        cleaned: dict[str, Any] = super().clean() or {}
        what, rate, amount = (cleaned.get(name) for name in ("what", "rate", "amount"))
        if what == What.PERCENTAGE and not rate and "rate" not in self.errors:
            self.add_error("rate", _("Enter a percentage above 0 and up to 100."))
        if what in Invoice.AHEAD and bool(rate) == bool(amount) and not self.errors:
            self.add_error("amount", _("Enter either a percentage or an amount."))
        return cleaned


class CreditForm(QuantitiesForm):
    """Form of a credit note: a quantity per invoiced line, and the reason."""

    columns: ClassVar = (_("Invoiced"), _("Credited"), _("Left"))
    asked: ClassVar = _("To credit")

    reason = forms.CharField(
        label=_("Reason"), max_length=200, help_text=_("Printed on the credit note.")
    )
    bill_again = forms.BooleanField(
        label=_("What is credited may be invoiced again"),
        required=False,
        initial=True,
        help_text=_("Leave it out for goodwill, or goods that came back and are not sent again."),
    )

    def __init__(
        self,
        *args: Any,
        lines: Sequence[InvoiceLine],
        left: Mapping[UUID, Decimal],
        of_an_order: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if not of_an_order:
            del self.fields["bill_again"]
        self.left = left
        counting = [line for line in lines if line.pk in left]
        self.ask_for(counting, {pk: plain_number(quantity) for pk, quantity in left.items()})

    def cells(self, line: InvoiceLine) -> list[str]:
        """Return what was invoiced, what is credited and what is left of it."""
        left = self.left[line.pk]
        quantities = (line.quantity, line.quantity - left, left)
        return [format_quantity(quantity) for quantity in quantities]

    def clean(self) -> dict[str, Any]:
        """Refuse a credit note without quantities."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not any(self.quantities().values()):
            raise forms.ValidationError(_("Enter a quantity for at least one line."))
        return cleaned
